using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansTasks.Settings;

/// <summary>An option with one value. A bad value is answered with what the option takes.</summary>
public sealed class ValueOption<T> : Option<T>, INamedSetting
{
    private readonly Func<string, Parsed<T>?> read;

    /// <summary>
    /// Creates the option. Without <paramref name="standard"/> its value is null or zero unless given. The value of an
    /// option that <paramref name="isSecret"/> is never shown.
    /// </summary>
    public ValueOption(
        string name, string value, string description, string? standard, string takes, Func<string, Parsed<T>?> read,
        bool isSecret = false)
        : base(name)
    {
        this.read = read;
        IsSecret = isSecret;
        Takes = takes;
        HelpName = value;
        // The default as it is typed; the library would show the value that was read from it.
        Description = standard is null ? description : $"{description} [default: {standard}]";
        Standard = standard;
        CustomParser = result => Read(result, result.Tokens[0].Value);
    }

    /// <inheritdoc/>
    public string Takes { get; }

    /// <inheritdoc/>
    public string? Standard { get; }

    /// <inheritdoc/>
    public bool IsSecret { get; }

    /// <summary>Returns the value that was given, or the default.</summary>
    /// <exception cref="StartRefusedException">The default does not work on this machine.</exception>
    public T? In(ParseResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (Standard is null || result.GetResult(this) is not null)
            return result.GetValue(this);
        return read(Standard) is { } parsed
            ? parsed.Value
            : throw new StartRefusedException(
                $"{Name} takes {Takes}; the default '{Standard}' is not that here.", StartRefusedException.BadOption);
    }

    private T? Read(ArgumentResult result, string text)
    {
        if (read(text) is { } parsed)
            return parsed.Value;
        result.AddError($"{Name} takes {Takes}; {(IsSecret ? "what was given" : $"'{text}'")} is not that.");
        return default;
    }
}
