namespace OrleansTasks.Cli;

/// <summary>The command line is invalid; the message says what would be valid.</summary>
internal sealed class UsageException(string message) : Exception(message)
{
    /// <summary>Creates an exception for an option's or argument's invalid value.</summary>
    public static UsageException OfValue(string option, string? value, string expected) => new(InvalidValue(option, value, expected));

    /// <summary>Returns the message for an option's or argument's invalid value.</summary>
    public static string InvalidValue(string option, string? value, string expected) =>
        $"Invalid value '{value}' for {option}: expected {expected}.";
}
