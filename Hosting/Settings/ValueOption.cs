using System.CommandLine;
using System.CommandLine.Parsing;

namespace OrleansTasks.Settings;

/// <summary>An option with one value. The error for an invalid value says what the option accepts.</summary>
public sealed class ValueOption<T> : Option<T>, INamedSetting
{
    private readonly string? standard;
    private readonly Func<string, Parsed<T>?> read;

    /// <summary>
    /// Creates the option. Without <paramref name="standard"/> its value is null or zero unless given. The value of an
    /// option that <paramref name="isSecret"/> is never shown.
    /// </summary>
    public ValueOption(
        string name, string value, string description, string? standard, string expected, Func<string, Parsed<T>?> read,
        bool isSecret = false)
        : base(name)
    {
        this.standard = standard;
        this.read = read;
        IsSecret = isSecret;
        Expected = expected;
        HelpName = value;
        // The default as it is typed; the library would show the value that was read from it.
        Description = standard is null ? description : $"{description} [default: {standard}]";
        CustomParser = result => Read(result, result.Tokens[0].Value);
    }

    /// <inheritdoc/>
    public string Expected { get; }

    /// <inheritdoc/>
    public bool IsSecret { get; }

    /// <summary>Returns the default that other options imply, or null if the usual one applies.</summary>
    public Func<ParseResult, string?>? OtherStandard { get; set; }

    /// <inheritdoc/>
    public string? StandardIn(ParseResult result) => OtherStandard?.Invoke(result) ?? standard;

    /// <summary>Returns the value that was given, or the default.</summary>
    /// <exception cref="StartRefusedException">The default does not work on this machine.</exception>
    public T? In(ParseResult result)
    {
        ArgumentNullException.ThrowIfNull(result);
        if (result.GetResult(this) is not null || StandardIn(result) is not { } text)
            return result.GetValue(this);
        return read(text) is { } parsed
            ? parsed.Value
            : throw new StartRefusedException(
                $"The default '{text}' of {Name} is not valid on this machine: expected {Expected}.", StartRefusedException.BadOption);
    }

    private T? Read(ArgumentResult result, string text)
    {
        if (read(text) is { } parsed)
            return parsed.Value;
        result.AddError(InvalidValue.Message(Name, IsSecret ? null : text, Expected));
        return default;
    }
}
