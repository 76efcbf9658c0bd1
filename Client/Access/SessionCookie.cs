namespace OrleansTasks.Client.Access;

/// <summary>The cookie that carries a session's secret.</summary>
internal static class SessionCookie
{
    /// <summary>Its name.</summary>
    public const string Name = "otask_session";

    /// <summary>The secret that a request carries, or null.</summary>
    public static string? Read(HttpRequest request) =>
        request.Headers.Cookie.Count > 0 && request.Cookies.TryGetValue(Name, out var secret) && secret.Length > 0 ? secret : null;

    /// <summary>Gives the browser a secret.</summary>
    public static void Set(HttpResponse response, string secret, bool secure) =>
        response.Cookies.Append(Name, secret, Options(secure, SessionStore.Lifetime));

    /// <summary>Makes the browser forget it.</summary>
    public static void Clear(HttpResponse response, bool secure) => response.Cookies.Delete(Name, Options(secure, null));

    private static CookieOptions Options(bool secure, TimeSpan? lifetime) => new()
    {
        HttpOnly = true,
        SameSite = SameSiteMode.Strict,
        Secure = secure,
        Path = "/",
        MaxAge = lifetime,
    };
}
