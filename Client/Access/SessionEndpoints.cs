using System.Text.Json;
using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>Where a browser trades a key for a session, and ends it.</summary>
public static class SessionEndpoints
{
    private const string Path = "/api/v1/session";

    // The scope is for the published contract; what guards them is said at their mapping.
    private static readonly ApiCall Beginning = new("POST", Path, Scopes.Read, "access", "Trade a key, sent in Authorization, for a session cookie.")
    { Answer = "Session", Success = 201 };

    private static readonly ApiCall Ending = new("DELETE", Path, Scopes.Read, "access", "End the session.") { Success = 204 };

    /// <summary>Maps <c>/api/v1/session</c>.</summary>
    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        var sessions = routes.ServiceProvider.GetRequiredService<SessionStore>();
        var options = routes.ServiceProvider.GetRequiredService<AccessOptions>();
        routes.MapCall(Beginning, context => Begin(context, sessions, options)).RequireAnyKey();
        routes.MapCall(Ending, context => End(context, sessions, options)).RequireAnyKey();
    }

    private static async Task Begin(HttpContext context, SessionStore sessions, AccessOptions options)
    {
        // A session cannot beget another: that would outlive the first one's end.
        if ((context.Features.Get<ICallerFeature>() as Caller)?.Key is not { } key || context.Request.Headers.Authorization.Count == 0)
        {
            await context.Refuse(AccessProblems.NoKey);
            return;
        }

        if (SessionCookie.Read(context.Request) is { } former)
            sessions.End(former);
        SessionCookie.Set(context.Response, sessions.Begin(key), options.SecureCookies);
        context.Response.Headers.CacheControl = "no-store";
        context.Response.StatusCode = StatusCodes.Status201Created;
        var answer = JsonAnswer.Rent();
        Write(answer.Writer, key);
        await answer.Send(context.Response);
    }

    private static Task End(HttpContext context, SessionStore sessions, AccessOptions options)
    {
        if (SessionCookie.Read(context.Request) is { } secret)
            sessions.End(secret);
        SessionCookie.Clear(context.Response, options.SecureCookies);
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }

    private static void Write(Utf8JsonWriter json, KeyRecord key)
    {
        json.WriteStartObject();
        json.WriteString("name"u8, key.Name);
        json.WriteStartArray("scopes"u8);
        foreach (var scope in ScopeNames.Of(key.Scopes))
            json.WriteStringValue(scope);
        json.WriteEndArray();
        json.WriteEndObject();
    }
}
