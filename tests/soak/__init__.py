"""A reporter under churn for as long as one likes: does it grow, does it miss a period?"""
