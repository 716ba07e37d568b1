"""The only code that runs beside student code; it knows no exercise and no expected value."""
