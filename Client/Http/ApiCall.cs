using OrleansTasks.Access;
using OrleansTasks.Audit;
using OrleansTasks.Client.Contract;

namespace OrleansTasks.Client.Http;

/// <summary>
/// One call of the HTTP contract: what guards it, which query parameters it takes, what it produces, and what the
/// published contract says about it. It is the endpoint's metadata.
/// </summary>
/// <param name="Method">GET (which includes HEAD), POST, PUT or DELETE.</param>
/// <param name="Path">The route pattern.</param>
/// <param name="Scope">
/// The scopes that a key must have, all of them. With <see cref="Scopes.None"/>, no key is needed.
/// </param>
/// <param name="Tag">The group in which the contract lists the call.</param>
/// <param name="Summary">What the call does, in one line.</param>
public sealed record ApiCall(string Method, string Path, Scopes Scope, string Tag, string Summary)
{
    /// <summary>
    /// The call's name in the published contract, if the one derived from method and path is unsuitable.
    /// </summary>
    public string? Name { get; init; }

    /// <summary>The route, if it differs from the path: when the last parameter takes the rest of the path.</summary>
    public string? Route { get; init; }

    /// <summary>Whether any valid key is sufficient, whatever its scopes.</summary>
    public bool AllowsAnyKey { get; init; }

    /// <summary>What a key with the scope <see cref="Scopes.Run"/> reaches, if it lacks <see cref="Scope"/>.</summary>
    public RunReach Run { get; init; }

    /// <summary>The query parameters that the call takes.</summary>
    public QueryParameter[] Query { get; init; } = [];

    /// <summary>The request headers that the call reads.</summary>
    public string[] Headers { get; init; } = [];

    /// <summary>
    /// The action under which the audit records the call, one of <see cref="AuditActions"/>; null if it is not
    /// recorded.
    /// </summary>
    public string? Audit { get; init; }

    /// <summary>The schema of the request body; null if the request has no body.</summary>
    public SchemaRef? Body { get; init; }

    /// <summary>Whether the body may be omitted.</summary>
    public bool IsBodyOptional { get; init; }

    /// <summary>Whether the call expects no body, and refuses one that is not JSON or too large.</summary>
    public bool RefusesBody { get; init; }

    /// <summary>The media type of the request body.</summary>
    public string BodyType { get; init; } = "application/json";

    /// <summary>The media type of the answer.</summary>
    public string Produces { get; init; } = "application/json";

    /// <summary>The memory that the call reserves before it reads one thing or changes it, in bytes.</summary>
    public int Room { get; init; } = ServiceLimits.BodyBytes;

    /// <summary>The status of success.</summary>
    public int Success { get; init; } = 200;

    /// <summary>
    /// Whether the call may also succeed with 201 and the same answer, because it has created the resource.
    /// </summary>
    public bool MayCreate { get; init; }

    /// <summary>The schema of the answer; null if the answer has none.</summary>
    public SchemaRef? Answer { get; init; }

    /// <summary>The schema of the 200 answer to a dry run; null if the call has no dry run.</summary>
    public SchemaRef? DryAnswer { get; init; }

    /// <summary>The problem statuses in addition to those of every call.</summary>
    public int[] Refusals { get; init; } = [];
}
