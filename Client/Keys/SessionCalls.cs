using OrleansTasks.Client.Access;
using OrleansTasks.Client.Contract;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Keys;

/// <summary>Lists and ends the browser sessions of this gateway.</summary>
/// <param name="sessions">The sessions.</param>
/// <param name="ring">The keys that began the sessions.</param>
public sealed class SessionCalls(SessionStore sessions, KeyRing ring)
{
    /// <summary>Lists the sessions that have not ended, oldest first.</summary>
    internal async Task List(HttpContext context)
    {
        var shown = new List<BrowserSessionAnswer>();
        foreach (var session in sessions.List())
        {
            // A session ends with its key, so leave out those whose key is no longer valid.
            if (await ring.FindById(session.KeyId) is { } key)
                shown.Add(BrowserSessionAnswer.Of(session, key));
        }

        await ContractJson.Send(context, new WholeList<BrowserSessionAnswer>(shown));
    }

    /// <summary>Ends a session. Calls that are being answered with it end within 5 s.</summary>
    internal Task End(HttpContext context)
    {
        if (!sessions.EndById(context.Request.RouteValues["id"] as string ?? ""))
            throw new ProblemException(Problems.NotFound(
                "No session of this gateway has this id; /api/v1/sessions lists its sessions."));
        context.Response.StatusCode = StatusCodes.Status204NoContent;
        return Task.CompletedTask;
    }
}
