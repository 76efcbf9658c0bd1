using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Passes a request on if its key or session allows it. If the gateway needs no key, a request without key and session
/// may do everything. A request with a key or a session is limited to it, and is ended if the key or session ends
/// during the call.
/// </summary>
public sealed class KeyGuard(
    RequestDelegate next, AccessOptions options, KeyRing keys, SessionStore sessions, KeyUses uses, OpenCalls open)
{
    private const string BearerPrefix = "Bearer ";

    /// <summary>Passes the request on or refuses it.</summary>
    public Task InvokeAsync(HttpContext context)
    {
        var required = RequiredScope.For(context.GetEndpoint(), context.Request.Method);
        if (!required.NeedsKey)
            return next(context);
        var authorization = context.Request.Headers.Authorization;
        if (authorization.Count > 0)
            return ByKey(context, required, authorization.ToString());
        if (SessionCookie.Read(context.Request) is { } secret)
            return BySession(context, required, secret);
        return options.NeedsKey ? context.Refuse(AccessProblems.NoKey) : next(context);
    }

    /// <summary>
    /// Returns whether a request has neither a key nor a session. Where keys are needed, such a request is refused
    /// without a call to a silo.
    /// </summary>
    internal static bool IsNameless(HttpRequest request) =>
        request.Headers.Authorization.Count == 0 && SessionCookie.Read(request) is null;

    private async Task ByKey(HttpContext context, RequiredScope required, string authorization)
    {
        var key = authorization.StartsWith(BearerPrefix, StringComparison.OrdinalIgnoreCase)
            ? await keys.Find(authorization[BearerPrefix.Length..].Trim())
            : null;
        if (key is null)
            await context.Refuse(AccessProblems.WrongKey);
        else
            await Pass(context, required, key, null);
    }

    private async Task BySession(HttpContext context, RequiredScope required, string secret)
    {
        var key = sessions.FindKeyId(secret) is { } id ? await keys.FindById(id) : null;
        if (key is null)
        {
            sessions.End(secret);
            // Clear the cookie: a gateway that needs no key would otherwise refuse this browser forever.
            SessionCookie.Clear(context.Response, options.SecureCookies);
            await context.Refuse(AccessProblems.SessionEnded);
        }
        // The browser sends the cookie with writes of any page. Its Origin header says which page wrote, so a write
        // must have one; AddressGuard has already checked its value.
        else if (!Methods.IsRead(context.Request.Method) && context.Request.Headers.Origin.Count == 0)
            await context.Refuse(AccessProblems.NoOrigin);
        else
            await Pass(context, required, key, secret);
    }

    private async Task Pass(HttpContext context, RequiredScope required, KeyRecord key, string? session)
    {
        if ((required.Scope & ~key.Scopes) is not Scopes.None and var missing)
        {
            if (required.Run == RunReach.Nothing || !key.Scopes.HasFlag(Scopes.Run))
            {
                await context.Refuse(AccessProblems.Lacks(missing));
                return;
            }

            if (required.Run == RunReach.Runs
                && !await context.RequestServices.GetRequiredService<ReachedRuns>().Include(context, key))
            {
                await context.Refuse(AccessProblems.NoRun);
                return;
            }
        }

        context.Features.Set<ICallerFeature>(new Caller(key));
        var address = context.CallerAddress();
        uses.Note(key.Id, address);
        if (session is not null)
            sessions.NoteUse(session, address);
        await open.Run(context, next, key.Id, session);
    }
}
