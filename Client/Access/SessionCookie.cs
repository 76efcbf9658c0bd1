namespace OrleansTasks.Client.Access;

/// <summary>The cookie that carries a session's secret.</summary>
internal static class SessionCookie
{
    /// <summary>The cookie's name if the gateway is called over HTTP.</summary>
    public const string Name = "otask_session";

    /// <summary>
    /// The cookie's name if the gateway is called over HTTPS. Browsers accept a cookie with this prefix from this very
    /// host over HTTPS only, so no other host of the same domain can set it.
    /// </summary>
    public const string SecureName = "__Host-" + Name;

    /// <summary>Returns the secret that a request carries; null if there is none.</summary>
    public static string? Read(HttpRequest request)
    {
        if (request.Headers.Cookie.Count == 0)
            return null;
        var isSecure = request.HttpContext.RequestServices.GetRequiredService<AccessOptions>().SecureCookies;
        return request.Cookies.TryGetValue(NameOf(isSecure), out var secret) && secret.Length > 0 ? secret : null;
    }

    /// <summary>Sets the cookie to a secret.</summary>
    public static void Set(HttpResponse response, string secret, bool secure) =>
        response.Cookies.Append(NameOf(secure), secret, Options(secure, SessionStore.Lifetime));

    /// <summary>Makes the browser delete the cookie.</summary>
    public static void Clear(HttpResponse response, bool secure) => response.Cookies.Delete(NameOf(secure), Options(secure, null));

    private static string NameOf(bool isSecure) => isSecure ? SecureName : Name;

    private static CookieOptions Options(bool secure, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = secure,
        Path = "/",
        MaxAge = lifetime,
    };
}
