using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>Where a browser trades a key for a session, and ends it.</summary>
public static class SessionEndpoints
{
    /// <summary>Maps <c>/api/v1/session</c>.</summary>
    public static void MapSession(this IEndpointRouteBuilder routes)
    {
        routes.MapPost("/api/v1/session", Begin).RequireAnyKey();
        routes.MapDelete("/api/v1/session", End).RequireAnyKey();
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
        await context.Response.WriteAsJsonAsync(new SessionView(key.Name, [.. ScopeNames.Of(key.Scopes)]));
    }

    private static IResult End(HttpContext context, SessionStore sessions, AccessOptions options)
    {
        if (SessionCookie.Read(context.Request) is { } secret)
            sessions.End(secret);
        SessionCookie.Clear(context.Response, options.SecureCookies);
        return TypedResults.NoContent();
    }
}
