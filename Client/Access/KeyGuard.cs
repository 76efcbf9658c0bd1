using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>
/// Lets a request pass when its key or session allows what it asks for. While only this machine can call, a request without
/// either may do everything; one that brings a key or a session is held to it, also while it is being answered.
/// </summary>
public sealed class KeyGuard(
    RequestDelegate next, AccessOptions options, KeyRing keys, SessionStore sessions, KeyUses uses, OpenCalls open)
{
    private const string BearerPrefix = "Bearer ";

    /// <summary>Passes an allowed request on.</summary>
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

    /// <summary>Whether a request brings neither key nor session; where a key is needed it is refused without asking a silo.</summary>
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
            // The browser forgets it, so that it is not refused for ever where no key is needed.
            SessionCookie.Clear(context.Response, options.SecureCookies);
            await context.Refuse(AccessProblems.SessionEnded);
        }
        // A browser adds the cookie by itself; the Origin, which it adds too, says whose page made it write. That it is own, if
        // there is one, is checked before.
        else if (!Methods.IsRead(context.Request.Method) && context.Request.Headers.Origin.Count == 0)
            await context.Refuse(AccessProblems.NoOrigin);
        else
            await Pass(context, required, key, secret);
    }

    private Task Pass(HttpContext context, RequiredScope required, KeyRecord key, string? session)
    {
        if ((required.Scope & ~key.Scopes) is not Scopes.None and var missing)
            return context.Refuse(AccessProblems.Lacks(missing));
        context.Features.Set<ICallerFeature>(new Caller(key));
        var address = context.CallerAddress();
        uses.Note(key.Id, address);
        if (session is not null)
            sessions.NoteUse(session, address);
        return open.Run(context, next, key.Id, session);
    }
}
