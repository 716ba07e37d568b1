# My solution was eaten by the dog.
