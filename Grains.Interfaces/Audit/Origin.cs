using OrleansTasks.Tasks;

namespace OrleansTasks.Audit;

/// <summary>
/// The origin of a change: who requested it, and for what. A gateway attaches it to its grain calls
/// (<see cref="Attach"/>); the called grain reads it (<see cref="Of"/>) and stores it with the change. All commits of a
/// request share its id.
/// </summary>
/// <remarks>
/// The origin travels in Orleans' request context, so it also reaches grains further down the call chain. A grain
/// therefore reads it only at the start of a method that gateways call, and only for that method's actions. A loop that
/// outlives the call that started it must <see cref="Detach"/>. The target is a name, an id or the filters of a bulk
/// call; null until it exists.
/// </remarks>
[GenerateSerializer, Immutable, Alias("ot.Origin")]
public sealed record Origin(
    [property: Id(0)] TaskId Id, [property: Id(1)] string Action, [property: Id(2)] string? Target)
{
    /// <summary>Maximum length of <see cref="Reason"/> in characters.</summary>
    public const int LongestReason = 200;

    /// <summary>Maximum length of <see cref="Says"/> in characters.</summary>
    public const int LongestClaim = 100;

    /// <summary>Maximum length of <see cref="Target"/> in characters; gateways truncate it.</summary>
    public const int LongestTarget = 500;

    private const string Name = "ot.origin";

    /// <summary>The id of the API key; null if the call had none and needed none.</summary>
    [Id(3)]
    public string? Key { get; init; }

    /// <summary>The name of the API key; null if <see cref="Key"/> is.</summary>
    [Id(4)]
    public string? KeyName { get; init; }

    /// <summary>The name that the caller claims to have; unverified.</summary>
    [Id(5)]
    public string? Says { get; init; }

    /// <summary>The caller's reason, in its own words.</summary>
    [Id(6)]
    public string? Reason { get; init; }

    /// <summary>The caller's network address; null if there is none.</summary>
    [Id(7)]
    public string? Address { get; init; }

    /// <summary>
    /// Returns the current grain call's origin if its action is one of the given ones; otherwise null.
    /// </summary>
    public static Origin? Of(params ReadOnlySpan<string> actions) =>
        RequestContext.Get(Name) is Origin origin && actions.Contains(origin.Action) ? origin : null;

    /// <summary>
    /// Returns whether a caller's text may be stored: it has at most <paramref name="longest"/> characters and none
    /// that misleads its readers, such as control characters, line separators and those that change the text's
    /// direction. A character outside the basic plane counts once.
    /// </summary>
    public static bool Fits(string text, int longest) =>
        !text.Any(Misleads) && text.EnumerateRunes().Count() <= longest;

    private static bool Misleads(char character) => char.IsControl(character)
        || character is '\u061C' or '\u200E' or '\u200F' or '\u2028' or '\u2029'
            or (>= '\u202A' and <= '\u202E') or (>= '\u2066' and <= '\u2069');

    /// <summary>Adds this origin to all grain calls that the current flow makes from now on.</summary>
    public void Attach() => RequestContext.Set(Name, this);

    /// <summary>Removes the origin from further grain calls.</summary>
    public static void Detach() => RequestContext.Remove(Name);
}
