"""The report of one run or several as one HTML file, which loads nothing from anywhere."""
