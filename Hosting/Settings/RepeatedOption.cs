using System.CommandLine;

namespace OrleansTasks.Settings;

/// <summary>An option that may be given several times, one value each.</summary>
public sealed class RepeatedOption : Option<string[]>, INamedSetting
{
    /// <summary>Creates the option; its value is empty unless given.</summary>
    public RepeatedOption(string name, string value, string description, string takes, Func<string, Parsed<string>?> read)
        : base(name)
    {
        Takes = takes;
        HelpName = value;
        Description = description;
        Arity = ArgumentArity.OneOrMore;
        CustomParser = result =>
        {
            var values = new List<string>();
            foreach (var token in result.Tokens)
            {
                if (read(token.Value) is { } parsed)
                    values.Add(parsed.Value);
                else
                    result.AddError($"{name} takes {takes}; '{token.Value}' is not that.");
            }

            return [.. values];
        };
    }

    /// <inheritdoc/>
    public string Takes { get; }

    /// <inheritdoc/>
    public string? Standard => null;

    /// <inheritdoc/>
    public bool IsSecret => false;
}
