using System.Text.RegularExpressions;

namespace OrleansTasks.Definitions;

/// <summary>A parameter of a definition.</summary>
/// <param name="Name">The name.</param>
/// <param name="Type">What values it takes.</param>
public sealed record Parameter(string Name, ParameterType Type)
{
    /// <summary>The form of a name.</summary>
    public const string NameForm = "[A-Za-z][A-Za-z0-9_-]{0,63}";

    /// <summary>What the environment variable of each parameter begins with.</summary>
    public const string VariablePrefix = "PARAM_";

    /// <summary>Whether a run must give a value.</summary>
    public bool IsRequired { get; init; }

    /// <summary>The value of runs that give none; null if there is none.</summary>
    public ParameterValue? Default { get; init; }

    /// <summary>
    /// What a text must match as a whole; null for any, and for a stored pattern that is no longer allowed.
    /// </summary>
    public Regex? Pattern { get; init; }

    /// <summary>The pattern as given; null if there is none.</summary>
    public string? PatternText { get; init; }

    /// <summary>The least value, or a text's least length; null for none.</summary>
    public Bound? Min { get; init; }

    /// <summary>The largest value, or a text's largest length; null for none.</summary>
    public Bound? Max { get; init; }

    /// <summary>The values of a choice.</summary>
    public ImmutableArray<string> Choices { get; init; } = [];

    /// <summary>
    /// The definition whose task prints the values of a choice, one per line; null if <see cref="Choices"/> has them.
    /// </summary>
    public string? ChoicesFrom { get; init; }

    /// <summary>What the parameter means, for people; empty for nothing.</summary>
    public string Description { get; init; } = "";

    /// <summary>Whether the value is never shown, and stored only as long as what the run starts needs it.</summary>
    public bool IsSecret { get; init; }

    /// <summary>The environment variable in which a command finds the value.</summary>
    public string Variable => VariableOf(Name);

    /// <summary>Returns the environment variable of a parameter's name.</summary>
    public static string VariableOf(string name) => VariablePrefix + name.ToUpperInvariant().Replace('-', '_');

    /// <summary>Returns whether a text is a parameter's name.</summary>
    public static bool IsName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetter(name[0]) && !name.ContainsAnyExcept(NameCharacters);

    private static readonly System.Buffers.SearchValues<char> NameCharacters =
        System.Buffers.SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_-");
}

/// <summary>A bound of a parameter: a number, or the text of a day or time.</summary>
/// <param name="Number">The number; 0 if it is a text.</param>
/// <param name="Text">The bound as given.</param>
public sealed record Bound(double Number, string Text);

/// <summary>A valid value of a parameter.</summary>
/// <param name="Text">The text that commands get.</param>
/// <param name="IsLiteral">Whether JSON writes it without quotes: a number, or true or false.</param>
public readonly record struct ParameterValue(string Text, bool IsLiteral);
