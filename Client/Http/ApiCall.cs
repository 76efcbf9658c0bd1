using OrleansTasks.Access;
using OrleansTasks.Audit;

namespace OrleansTasks.Client.Http;

/// <summary>
/// One call of the HTTP contract, told once: what guards it, what its query may hold, what it produces, and what the
/// published contract says of it. It is the endpoint's metadata.
/// </summary>
/// <param name="Method">GET (HEAD comes with it), POST, PUT or DELETE.</param>
/// <param name="Path">The route's pattern.</param>
/// <param name="Scope">The scopes that a key must have, all of them; <see cref="Scopes.None"/> needs no key at all.</param>
/// <param name="Tag">The group it is listed in.</param>
/// <param name="Summary">What it does, in a line.</param>
public sealed record ApiCall(string Method, string Path, Scopes Scope, string Tag, string Summary)
{
    /// <summary>Its name in the published contract, where the one made of method and path would not do.</summary>
    public string? Name { get; init; }

    /// <summary>Whether any valid key will do, whatever its scopes.</summary>
    public bool AllowsAnyKey { get; init; }

    /// <summary>The query parameters there are.</summary>
    public QueryParameter[] Query { get; init; } = [];

    /// <summary>Request headers that mean something to it.</summary>
    public string[] Headers { get; init; } = [];

    /// <summary>
    /// The action as which its changes are recorded with who asked for them, one of <see cref="AuditActions"/>; null
    /// when they are not.
    /// </summary>
    public string? Audit { get; init; }

    /// <summary>The schema of the request body, under components; null when there is none.</summary>
    public string? Body { get; init; }

    /// <summary>Whether a request may come without a body.</summary>
    public bool IsBodyOptional { get; init; }

    /// <summary>Whether it reads no body, and refuses one that is not JSON or too large.</summary>
    public bool RefusesBody { get; init; }

    /// <summary>The type of the request body.</summary>
    public string BodyType { get; init; } = "application/json";

    /// <summary>The type of the answer.</summary>
    public string Produces { get; init; } = "application/json";

    /// <summary>The status of success.</summary>
    public int Success { get; init; } = 200;

    /// <summary>Whether it may also succeed with 201 and the same answer, because it has made what it names.</summary>
    public bool MayCreate { get; init; }

    /// <summary>The schema of the answer, under components; null when it has none.</summary>
    public string? Answer { get; init; }

    /// <summary>The schema of the answer 200 to a dry run, under components; null when there is no dry run.</summary>
    public string? DryAnswer { get; init; }

    /// <summary>The problem statuses beyond those that every call has.</summary>
    public int[] Refusals { get; init; } = [];
}
