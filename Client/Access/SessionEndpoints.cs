using OrleansTasks.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The calls with which a caller sees who it is, and with which a browser trades a key for a session and ends it.
/// </summary>
public static class SessionEndpoints
{
    private const string Path = "/api/v1/session";

    private static readonly ApiCall Showing = new("GET", Path, Scopes.Read, "access", "Get the caller's identity and scopes.")
    { Answer = typeof(SessionAnswer), AllowsAnyKey = true };

    private static readonly ApiCall Beginning = new("POST", Path, Scopes.Read, "access", "Exchange a key, sent in "
        + "Authorization, for a session cookie.")
    { Answer = typeof(SessionAnswer), AllowsAnyKey = true, Success = 201 };

    private static readonly ApiCall Ending = new("DELETE", Path, Scopes.Read, "access", "End the session.")
    { AllowsAnyKey = true, Success = 204 };

    /// <summary>Maps <c>/api/v1/session</c>.</summary>
    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.ServiceProvider.GetRequiredService<SessionStore>();
        var options = routes.ServiceProvider.GetRequiredService<AccessOptions>();
        routes.MapCall(Showing, context => Show(context, sessions, options));
        routes.MapCall(Beginning, context => Begin(context, sessions, options));
        routes.MapCall(Ending, context => End(context, sessions, options));
    }

    private static Task Show(HttpContext context, SessionStore sessions, AccessOptions options)
    {
        // As in KeyGuard, a key in Authorization takes precedence over a cookie.
        var secret = context.Request.Headers.Authorization.Count > 0 ? null : SessionCookie.Read(context.Request);
        var key = (context.Features.Get<ICallerFeature>() as Caller)?.Key;
        var end = secret is not null ? sessions.EndOf(secret)
            : key?.ExpiresAt is { } keyEnds ? Timestamps.ToMoment(keyEnds) : (DateTimeOffset?)null;
        return Send(context, key, end, options);
    }

    private static async Task Begin(HttpContext context, SessionStore sessions, AccessOptions options)
    {
        // A session cannot begin another session, which would outlive it.
        if ((context.Features.Get<ICallerFeature>() as Caller)?.Key is not { } key || context.Request.Headers.Authorization.Count == 0)
        {
            await context.Refuse(AccessProblems.NoKey);
            return;
        }

        if (SessionCookie.Read(context.Request) is { } former)
            sessions.End(former);
        var secret = sessions.Begin(key);
        SessionCookie.Set(context.Response, secret, options.SecureCookies);
        context.Response.StatusCode = StatusCodes.Status201Created;
        await Send(context, key, sessions.EndOf(secret), options);
    }

    private static Task End(HttpContext context, SessionStore sessions, AccessOptions options)
    {
        if (SessionCookie.Read(context.Request) is { } secret)
            sessions.End(secret);
        SessionCookie.Clear(context.Response, options.SecureCookies);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static Task Send(HttpContext context, KeyRecord? key, DateTimeOffset? expiresAt, AccessOptions options)
    {
        context.Response.Headers.CacheControl = "no-store";
        // Without a key, the caller has every scope.
        return ContractJson.Send(context, new SessionAnswer(
            key?.Name, key?.Id, key?.Scopes ?? (Scopes)~0, expiresAt?.ToUnixTimeMilliseconds(), options.NeedsKey));
    }
}
