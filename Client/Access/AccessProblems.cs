using OrleansTasks.Access;
using OrleansTasks.Client.Http;

namespace OrleansTasks.Client.Access;

/// <summary>The problems that refuse a caller.</summary>
internal static class AccessProblems
{
    /// <summary>The Host header does not name this gateway.</summary>
    public static readonly Problem BadHost = new(403, "bad-host", "Unrecognized Host header",
        "The Host header does not name this gateway. Call the gateway by its own address, or start it with --public-url and "
        + "the address that you use.");

    /// <summary>A proxy passes the request on, and nobody needs a key.</summary>
    public static readonly Problem ProxyWithoutKeys = new(403, "proxy-without-keys", "A proxy before a gateway that requires no keys",
        "The request comes through a proxy, and everyone who reaches the proxy could do everything. Start the gateway with "
        + "--require-keys, or with --trusted-proxy and the proxy's address if the proxy itself decides who may call.");

    /// <summary>The Origin header does not name this gateway.</summary>
    public static readonly Problem BadOrigin = new(403, "bad-origin", "The request comes from another website",
        "Only the gateway's own pages may call it. If they are served under another address, start the gateway with --public-url.");

    /// <summary>A write with a session cookie has no Origin header.</summary>
    public static readonly Problem NoOrigin = BadOrigin with
    {
        Detail = "A write with a session cookie requires an Origin header with the gateway's own address. Programs "
            + "should use a key instead: "
            + "Authorization: Bearer KEY.",
    };

    /// <summary>The request has neither a key nor a session.</summary>
    public static readonly Problem NoKey = new(401, "unauthenticated", "Authentication required",
        "This gateway requires a key. Send Authorization: Bearer KEY; create a key with 'otask key create'.");

    /// <summary>The key is unknown or revoked.</summary>
    public static readonly Problem WrongKey = NoKey with
    {
        Detail = "The Authorization header is not valid: expected Bearer KEY, with a key that 'otask key create' printed and "
            + "that has not been revoked.",
    };

    /// <summary>The session has ended, or its key was revoked.</summary>
    public static readonly Problem SessionEnded = NoKey with
    {
        Detail = "The session has ended, or its key was revoked. Sign in again.",
    };

    /// <summary>
    /// No run of the key's definitions has this id. The answer is the same whether or not anything else has it.
    /// </summary>
    public static readonly Problem NoRun =
        Problems.NotFound("None of the definitions that this key may run has started anything with this id.");

    /// <summary>The key may not run the definition, whether it exists or not.</summary>
    public static readonly Problem OutsideKey = new(403, "outside-role", "The key does not allow this definition",
        "This key may run only certain definitions, and not this one.");

    /// <summary>The key may run the definition, but no earlier version.</summary>
    public static readonly Problem EarlierVersion = OutsideKey with
    {
        Detail = "This key may run only the latest version of a definition.",
    };

    /// <summary>Returns the problem for a valid key that lacks these scopes.</summary>
    public static Problem Lacks(Scopes missing) => new(403, "forbidden", "The key does not allow this call",
        $"This key lacks the scope {string.Join(" and the scope ", ScopeNames.Of(missing))}. No scope includes another.");

    /// <summary>Refuses a request. A 401 asks for a key, or shows a sign-in form in a browser.</summary>
    public static Task Refuse(this HttpContext context, Problem problem)
    {
        if (problem.Status != StatusCodes.Status401Unauthorized)
            return context.WriteProblem(problem);
        context.Response.Headers.WWWAuthenticate = "Bearer";
        if (SignInForm.For(context) is not { } form)
            return context.WriteProblem(problem);
        context.Response.StatusCode = problem.Status;
        return form.Write(context);
    }
}
