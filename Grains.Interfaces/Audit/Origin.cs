using OrleansTasks.Tasks;

namespace OrleansTasks.Audit;

/// <summary>
/// Who asked for a change, and what was asked. A gateway attaches it to the grain calls of a write
/// (<see cref="Attach"/>); the grain that is called takes it (<see cref="Of"/>) and stores it with the change.
/// </summary>
/// <remarks>
/// It travels in the engine's request context, so it also reaches what the called grain calls. A grain therefore takes
/// it only at the start of a method that gateways call, and only when it is of that method's action. A loop that
/// outlives the call that started it lets go of it (<see cref="Detach"/>).
/// </remarks>
/// <param name="Id">Names the request. All commits that it leads to share it.</param>
/// <param name="Action">What was asked, one of <see cref="AuditActions"/>.</param>
/// <param name="Target">
/// What it was asked of: a name, an id, or the filters of a bulk call; null when that is made later.
/// </param>
[GenerateSerializer, Immutable, Alias("ot.Origin")]
public sealed record Origin(
    [property: Id(0)] TaskId Id, [property: Id(1)] string Action, [property: Id(2)] string? Target)
{
    /// <summary>The most characters of <see cref="Reason"/>.</summary>
    public const int LongestReason = 200;

    /// <summary>The most characters of <see cref="Says"/>.</summary>
    public const int LongestActor = 100;

    /// <summary>The most characters of <see cref="Target"/>; a gateway cuts what is longer.</summary>
    public const int LongestTarget = 500;

    private const string Name = "ot.origin";

    /// <summary>The id of the API key; null when no key was needed and none was given.</summary>
    [Id(3)]
    public string? Key { get; init; }

    /// <summary>The name of the API key; null as for <see cref="Key"/>.</summary>
    [Id(4)]
    public string? KeyName { get; init; }

    /// <summary>Who the caller says it is. Nobody has checked it.</summary>
    [Id(5)]
    public string? Says { get; init; }

    /// <summary>Why, in the caller's words.</summary>
    [Id(6)]
    public string? Reason { get; init; }

    /// <summary>The network address of the caller; null when there is none.</summary>
    [Id(7)]
    public string? Address { get; init; }

    /// <summary>The origin of the grain call that is being made, if it is of one of these actions; else null.</summary>
    public static Origin? Of(params ReadOnlySpan<string> actions) =>
        RequestContext.Get(Name) is Origin origin && actions.Contains(origin.Action) ? origin : null;

    /// <summary>
    /// Whether a text of a caller may be stored: it has no control characters, none that change the direction of what is
    /// shown after them, and at most this many characters. A character beyond the first plane is two chars here and one to people.
    /// </summary>
    public static bool Fits(string text, int longest) =>
        !text.Any(Misleads) && text.EnumerateRunes().Count() <= longest;

    private static bool Misleads(char character) => char.IsControl(character)
        || character is '\u061C' or '\u200E' or '\u200F' or '\u2028' or '\u2029'
            or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>Has the grain calls that the present flow of control makes from now on carry this.</summary>
    public void Attach() => RequestContext.Set(Name, this);

    /// <summary>Has them carry none.</summary>
    public static void Detach() => RequestContext.Remove(Name);
}
