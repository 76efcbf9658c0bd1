using System.Globalization;
using System.Text.Json;
using System.Text.RegularExpressions;
using OrleansTasks.Processing.Json;
using OrleansTasks.Tasks.Spec;

namespace OrleansTasks.Triggers;

/// <summary>What a trigger starts, with which values, and for which deliveries.</summary>
/// <param name="Definition">The name of the definition whose latest version runs.</param>
/// <param name="Signature">How deliveries are signed.</param>
public sealed record TriggerSpec(string Definition, SignatureKind Signature)
{
    /// <summary>
    /// The header of the kind <see cref="SignatureKind.Token"/>, unless the trigger names another one.
    /// </summary>
    public const string DefaultTokenHeader = "X-Trigger-Token";

    /// <summary>The header with the secret, of the kind <see cref="SignatureKind.Token"/>.</summary>
    public string TokenHeader { get; init; } = DefaultTokenHeader;

    /// <summary>
    /// The secret that a caller gave; null to keep or to generate one. Never part of <see cref="Body"/>.
    /// </summary>
    public string? Secret { get; init; }

    /// <summary>Where the values of the definition's parameters come from, by name.</summary>
    public ImmutableArray<(string Name, TriggerValue Value)> Parameters { get; init; } = [];

    /// <summary>The conditions, all of which a delivery must satisfy to start a run.</summary>
    public ImmutableArray<TriggerCondition> Conditions { get; init; } = [];

    /// <summary>Maximum number of runs that the trigger starts a minute.</summary>
    public int Rate { get; init; } = ServiceLimits.TriggerRate;

    /// <summary>Whether deliveries are refused.</summary>
    public bool IsPaused { get; init; }

    /// <summary>What the trigger is for, in words for people; may be empty.</summary>
    public string Description { get; init; } = "";

    /// <summary>
    /// What is wrong with patterns of the conditions that an earlier version of the service accepted, by their paths.
    /// </summary>
    public ImmutableArray<SpecError> PatternFaults =>
    [
        .. Conditions.Index().Where(static one => !one.Item.IsReadable).Select(static one => new SpecError(
            string.Create(CultureInfo.InvariantCulture, $"filter[{one.Index}].matches"),
            LinearPattern.Unusable(one.Item.PatternText!, "trigger"))),
    ];

    /// <summary>The trigger as it is stored: the body without the secret, as JSON in UTF-8.</summary>
    public ReadOnlyMemory<byte> Body { get; init; }
}

/// <summary>Where a value comes from. Exactly one member is not null.</summary>
/// <param name="Pointer">The place in the delivery's body.</param>
/// <param name="Header">The name of a header of the delivery.</param>
/// <param name="Value">The value itself.</param>
public sealed record TriggerValue(JsonPointer? Pointer, string? Header, JsonElement? Value);

/// <summary>
/// A condition on a value of a delivery. Exactly one of the last two members is not null, unless the condition is not
/// readable.
/// </summary>
/// <param name="Of">What is compared: a place in the body, or a header.</param>
/// <param name="Wanted">The value that it must equal.</param>
/// <param name="Pattern">The pattern that some part of it must match.</param>
public sealed record TriggerCondition(TriggerValue Of, JsonElement? Wanted, Regex? Pattern)
{
    /// <summary>The pattern as given; null if there is none.</summary>
    public string? PatternText { get; init; }

    /// <summary>Whether values can be compared: false for a stored pattern that is no longer allowed.</summary>
    public bool IsReadable => Pattern is not null || PatternText is null;

    /// <summary>
    /// Returns whether a value satisfies the condition. A missing value satisfies no condition, and no value satisfies
    /// a condition that is not readable.
    /// </summary>
    public bool IsMet(JsonElement? value) => value is { } found && (Pattern is not null
        ? TextOf(found) is { } text && LinearPattern.IsMatch(Pattern, text)
        : Wanted is { } wanted && JsonElement.DeepEquals(found, wanted));

    private static string? TextOf(JsonElement value) => value.ValueKind switch
    {
        JsonValueKind.String => value.GetString(),
        JsonValueKind.Number or JsonValueKind.True or JsonValueKind.False => value.GetRawText(),
        _ => null,
    };
}
