"""Is a server ready?"""

import http.client


def is_ready(connection: http.client.HTTPConnection) -> bool:
    """Ask `/readyz`. (`http.client` minds no proxy that the environment names.)"""
    try:
        connection.request("GET", "/readyz")
        return connection.getresponse().status == http.HTTPStatus.OK
    except (OSError, http.client.HTTPException):
        return False
    finally:
        connection.close()
