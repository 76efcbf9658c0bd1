using OrleansTasks.Audit;
using OrleansTasks.Client.Access;
using OrleansTasks.Client.Http;
using OrleansTasks.Tasks;

namespace OrleansTasks.Client.Audit;

/// <summary>
/// Determines who makes a request and why, from its key, its connection, and two headers that every write may have.
/// </summary>
internal static class RequestOrigin
{
    /// <summary>The header with the reason for a change.</summary>
    public const string ReasonHeader = "Otask-Reason";

    /// <summary>The header with the caller's claim of who it is.</summary>
    public const string ActorHeader = "Otask-Actor";

    private static readonly string[] NotFilters = ["dryRun", "expect"];

    /// <summary>
    /// Runs the handler of a write. Throws 400 <c>bad-parameter</c> if one of the headers is too long. If the audit
    /// records the call, all grain calls of the handler carry the request's origin.
    /// </summary>
    public static Task Run(HttpContext context, ApiCall call, RequestDelegate handler)
    {
        var reason = Read(context.Request, ReasonHeader, Origin.LongestReason);
        var says = Read(context.Request, ActorHeader, Origin.LongestClaim);
        return call.Audit is null ? handler(context)
            : RunAs(OriginOf(context, call) with { Says = says, Reason = reason }, context, handler);
    }

    /// <summary>Returns who makes a request; null if unknown.</summary>
    public static Submitter? SubmitterOf(HttpContext context)
    {
        var caller = context.Features.Get<ICallerFeature>();
        var says = Read(context.Request, ActorHeader, Origin.LongestClaim);
        return caller is null && says is null ? null : new Submitter(caller?.KeyId, caller?.KeyName, says);
    }

    /// <summary>
    /// Returns the name of a key, or its id if it has none, and the actor that the caller claims to be.
    /// </summary>
    public static string? NameOf(string? keyName, string? key, string? says)
    {
        var name = keyName is { Length: > 0 } ? keyName : key;
        return says is null ? name : name is null ? $"says {says}" : $"{name}, says {says}";
    }

    private static async Task RunAs(Origin origin, HttpContext context, RequestDelegate handler)
    {
        // The origin flows with the async context, so it is attached only to calls within this method.
        origin.Attach();
        await handler(context);
    }

    private static Origin OriginOf(HttpContext context, ApiCall call)
    {
        var caller = context.Features.Get<ICallerFeature>();
        var id = context.RequestServices.GetRequiredService<TaskIdSource>().Next();
        return new Origin(id, call.Audit!, TargetOf(context.Request, call))
        {
            Key = caller?.KeyId,
            KeyName = caller?.KeyName,
            Address = context.CallerAddress(),
        };
    }

    private static string? Read(HttpRequest request, string header, int longest)
    {
        var values = request.Headers[header];
        if (values.Count == 0)
            return null;
        if (values.Count > 1)
            throw QueryValues.Refuse($"The header {header} may be given only once.");
        var text = values[0]!.Trim();
        if (!Origin.Fits(text, longest))
        {
            throw QueryValues.Refuse(
                $"The header {header} may have at most {longest} characters, without control characters or characters "
                    + "that change the direction of text.");
        }

        return text.Length == 0 ? null : text;
    }

    // Returns the id or name in the path, or the filters of a bulk call as they were written.
    private static string? TargetOf(HttpRequest request, ApiCall call)
    {
        var target = (request.RouteValues["id"] ?? request.RouteValues["name"]) as string;
        if (target is null && call.Query.Length > 0 && request.QueryString.Value is { Length: > 1 } query)
        {
            target = string.Join('&', query[1..].Split('&').Where(
                static part => !NotFilters.Contains(part.Split('=')[0], StringComparer.Ordinal)));
        }

        return target?.Length > Origin.LongestTarget ? target[..Origin.LongestTarget] : target;
    }
}
