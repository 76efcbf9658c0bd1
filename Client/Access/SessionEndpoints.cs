using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Client.Tasks;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Client.Access;

/// <summary>
/// The calls with which a caller sees who it is, and with which a browser trades a key for a session and ends it.
/// </summary>
public static class SessionEndpoints
{
    private const string Path = "/api/v1/session";

    private static readonly ApiCall Showing = new("GET", Path, Scopes.Read, "access", "Get the caller's identity and scopes.")
    { Answer = "Session", AllowsAnyKey = true };

    private static readonly ApiCall Beginning = new("POST", Path, Scopes.Read, "access", "Exchange a key, sent in "
        + "Authorization, for a session cookie.")
    { Answer = "Session", AllowsAnyKey = true, Success = 201 };

    private static readonly ApiCall Ending = new("DELETE", Path, Scopes.Read, "access", "End the session.")
    { AllowsAnyKey = true, Success = 204 };

    private static readonly JsonEncodedText ExpiresAt = JsonEncodedText.Encode("expiresAt");

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
        var answer = JsonAnswer.Rent();
        Write(answer.Writer, key, expiresAt, options.NeedsKey);
        return answer.Send(context.Response);
    }

    /// <summary>Writes a session. Without a key, the caller has every scope.</summary>
    private static void Write(Utf8JsonWriter json, KeyRecord? key, DateTimeOffset? expiresAt, bool needsKey)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, key?.Name);
        json.WriteString("keyId"u8, key?.Id);
        json.WriteStartArray("scopes"u8);
        foreach (var scope in key is null ? ScopeNames.Every : ScopeNames.Of(key.Scopes))
            json.WriteStringValue(scope);
        json.WriteEndArray();
        TaskJson.WriteTime(json, ExpiresAt, expiresAt?.ToUnixTimeMilliseconds());
        json.WriteBoolean("needsKey"u8, needsKey);
        json.WriteEndObject();
    }
}
