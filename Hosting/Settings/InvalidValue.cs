namespace OrleansTasks.Settings;

/// <summary>The error message for a setting with an invalid value.</summary>
public static class InvalidValue
{
    /// <summary>Returns the message.</summary>
    /// <param name="name">The option or variable, such as <c>--http</c>.</param>
    /// <param name="value">The value; null if it must not be shown.</param>
    /// <param name="expected">The values that are valid, such as "a number from 1 to 10".</param>
    public static string Message(string name, string? value, string expected) =>
        $"Invalid value {(value is null ? "" : $"'{value}' ")}for {name}: expected {expected}.";
}
