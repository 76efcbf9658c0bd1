namespace OrleansTasks.Client.Access;

/// <summary>The cookie that carries a session's secret.</summary>
internal static class SessionCookie
{
    /// <summary>Its name where the gateway is called by http.</summary>
    public const string Name = "otask_session";

    /// <summary>
    /// Its name where the gateway is called by https: a browser takes a cookie of such a name from this very host by https alone, so
    /// no neighbour under the same domain can set it.
    /// </summary>
    public const string SecureName = "__Host-" + Name;

    /// <summary>The secret that a request carries, or null.</summary>
    public static string? Read(HttpRequest request)
    {
        if (request.Headers.Cookie.Count == 0)
            return null;
        var isSecure = request.HttpContext.RequestServices.GetRequiredService<AccessOptions>().SecureCookies;
        return request.Cookies.TryGetValue(NameOf(isSecure), out var secret) && secret.Length > 0 ? secret : null;
    }

    /// <summary>Gives the browser a secret.</summary>
    public static void Set(HttpResponse response, string secret, bool secure) =>
        response.Cookies.Append(NameOf(secure), secret, Options(secure, SessionStore.Lifetime));

    /// <summary>Makes the browser forget it.</summary>
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
