def reproduce():
    """x"""
