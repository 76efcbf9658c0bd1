using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansTasks.Silo.Hosting;

/// <summary>An option with one value, whose error message says what it takes.</summary>
internal sealed class ValueOption<T> : Option<T>, INamesItsValue
{
    private readonly Func<string, Parsed<T>?> read;
    private readonly string? standard;
    private readonly bool isSecret;

    /// <summary>
    /// Creates the option. Without <paramref name="standard"/>, its value is null or zero unless given. The value of an option that
    /// <paramref name="isSecret"/> is never shown.
    /// </summary>
    public ValueOption(
        string name, string value, string description, string? standard, string takes, Func<string, Parsed<T>?> read,
        bool isSecret = false)
        : base(name)
    {
        this.read = read;
        this.isSecret = isSecret;
        Takes = takes;
        HelpName = value;
        // Shows the default as it would be typed; the library would show the parsed value.
        Description = standard is null ? description : $"{description} [default: {standard}]";
        this.standard = standard;
        CustomParser = result => Read(result, result.Tokens[0].Value);
    }

    /// <inheritdoc />
    public string Takes { get; }

    /// <summary>
    /// Returns the given value, or otherwise the default. Throws <see cref="StartRefusedException"/> if the default is invalid on this
    /// machine.
    /// </summary>
    public T? In(ParseResult result)
    {
        if (standard is null || result.GetResult(this) is not null)
            return result.GetValue(this);
        return read(standard) is { } parsed
            ? parsed.Value
            : throw new StartRefusedException(
                $"{Name} takes {Takes}; the default '{standard}' is not that here.", StartRefusedException.BadOption);
    }

    private T? Read(ArgumentResult result, string text)
    {
        if (read(text) is { } parsed)
            return parsed.Value;
        result.AddError($"{Name} takes {Takes}; {(isSecret ? "what was given" : $"'{text}'")} is not that.");
        return default;
    }
}
