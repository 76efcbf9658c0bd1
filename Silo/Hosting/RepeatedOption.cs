using System.CommandLine;

namespace OrleansTasks.Silo.Hosting;

/// <summary>An option that can be given several times, with one value each.</summary>
internal sealed class RepeatedOption : Option<string[]>, INamesItsValue
{
    /// <summary>Creates the option. Its value is empty unless given.</summary>
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

    /// <inheritdoc />
    public string Takes { get; }
}
