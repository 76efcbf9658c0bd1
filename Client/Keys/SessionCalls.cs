using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Keys;

/// <summary>Lists and ends the browser sessions of this gateway.</summary>
/// <param name="sessions">The sessions.</param>
/// <param name="ring">The keys that they were made with.</param>
public sealed class SessionCalls(SessionStore sessions, KeyRing ring)
{
    /// <summary>The sessions that have not ended, oldest first.</summary>
    internal async Task List(HttpContext context)
    {
        var shown = new List<(SessionView Session, OrleansTasks.Access.KeyRecord Key)>();
        foreach (var session in sessions.List())
        {
            // A session ends with its key.
            if (await ring.FindById(session.KeyId) is { } key)
                shown.Add((session, key));
        }

        await ListAnswer.Send(context, shown, static (json, one) => KeyJson.Write(json, one.Session, one.Key));
    }

    /// <summary>Ends a session; calls that are being answered with it end within 5 s.</summary>
    internal Task End(HttpContext context)
    {
        if (!sessions.EndById(context.Request.RouteValues["id"] as string ?? ""))
            throw new ProblemException(Problems.NotFound(
                "This gateway has no such session; /api/v1/sessions lists those that it has."));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
