using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansTasks.Silo.Hosting;

/// <summary>An option with one value, which says what it takes when it is given something else.</summary>
internal sealed class ValueOption<T> : Option<T>, INamesItsValue
{
    private readonly Func<string, Parsed<T>?> read;
    private readonly string? standard;
    private readonly bool isSecret;

    /// <summary>
    /// Makes one; without <paramref name="standard"/> its value is null or zero unless given. What is given to an option that
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
        // Said as it is typed; the library would show the value that was read from it.
        Description = standard is null ? description : $"{description} [default: {standard}]";
        this.standard = standard;
        CustomParser = result => Read(result, result.Tokens[0].Value);
    }

    /// <inheritdoc />
    public string Takes { get; }

    /// <summary>
    /// The value that was given, else the default. Throws <see cref="StartRefusedException"/> when the default does not do here.
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
