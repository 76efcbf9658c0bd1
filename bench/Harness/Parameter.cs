using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>A size of a scenario that an environment variable makes smaller or larger.</summary>
public static class Parameter
{
    /// <summary>The variable's value; <paramref name="usual"/> when it is not set.</summary>
    public static int Of(string variable, int usual) =>
        Environment.GetEnvironmentVariable(variable) is { Length: > 0 } text
            ? int.Parse(text, NumberStyles.None, CultureInfo.InvariantCulture)
            : usual;
}
