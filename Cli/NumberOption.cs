using System.CommandLine;
using System.CommandLine.Parsing;
using System.Globalization;

namespace OrleansTasks.Cli;

/// <summary>Creates options and arguments that take a number and report anything else as an error.</summary>
internal static class NumberOption
{
    /// <summary>
    /// Creates an option for an integer; its value is null if not given. The gateway checks the range.
    /// </summary>
    public static Option<long?> Whole(string name, string description, string value = "N") =>
        new(name) { HelpName = value, Description = description, CustomParser = static result => ReadWhole(result) };

    /// <summary>Creates the option <c>--limit</c> of a list; its value is null if not given.</summary>
    public static Option<long?> Limit(string description)
    {
        var limit = Whole("--limit", description);
        limit.Aliases.Add("-n");
        return limit;
    }

    /// <summary>Creates an option for an integer with a default.</summary>
    public static Option<long> Whole(string name, string alias, string description, long standard) => new(name, alias)
    {
        HelpName = "N",
        Description = description,
        DefaultValueFactory = _ => standard,
        CustomParser = static result => ReadWhole(result) ?? 0,
    };

    /// <summary>Creates an option for a number that may have a fraction; its value is null if not given.</summary>
    public static Option<double?> Any(string name, string description) =>
        new(name) { HelpName = "N", Description = description, CustomParser = static result => ReadAny(result) };

    /// <summary>Creates an argument for an integer.</summary>
    public static Argument<long> Argument(string name, string description) =>
        new(name) { Description = description, CustomParser = static result => ReadWhole(result) ?? 0 };

    private static long? ReadWhole(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        if (long.TryParse(text, NumberStyles.AllowLeadingSign, CultureInfo.InvariantCulture, out var number))
            return number;
        var isTooLarge = text.Length > 0 && text.All(char.IsAsciiDigit);
        return Refuse(result, text, isTooLarge ? $"a whole number up to {long.MaxValue}" : "a whole number");
    }

    private static double? ReadAny(ArgumentResult result)
    {
        var text = result.Tokens[0].Value;
        return double.TryParse(text, NumberStyles.Float, CultureInfo.InvariantCulture, out var number) && double.IsFinite(number)
            ? number
            : Refuse(result, text, "a number, such as 2.5");
    }

    private static long? Refuse(ArgumentResult result, string text, string expected)
    {
        var name = result.Parent is OptionResult option ? option.Option.Name : result.Argument.Name.ToUpperInvariant();
        result.AddError(UsageException.InvalidValue(name, text, expected));
        return null;
    }
}
