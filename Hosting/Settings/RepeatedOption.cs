using System.CommandLine;

namespace OrleansTasks.Settings;

/// <summary>An option that may be given several times, one value each.</summary>
public sealed class RepeatedOption<T> : Option<T[]>, INamedSetting
{
    /// <summary>Creates the option; its value is empty unless given.</summary>
    public RepeatedOption(string name, string value, string description, string expected, Func<string, Parsed<T>?> read)
        : base(name)
    {
        Expected = expected;
        HelpName = value;
        Description = description;
        Arity = ArgumentArity.OneOrMore;
        CustomParser = result =>
        {
            var values = new List<T>();
            foreach (var token in result.Tokens)
            {
                if (read(token.Value) is { } parsed)
                    values.Add(parsed.Value);
                else
                    result.AddError(InvalidValue.Message(name, token.Value, expected));
            }

            return [.. values];
        };
    }

    /// <inheritdoc/>
    public string Expected { get; }

    /// <inheritdoc/>
    public bool IsSecret => false;

    /// <inheritdoc/>
    public string? StandardIn(ParseResult result) => null;
}
