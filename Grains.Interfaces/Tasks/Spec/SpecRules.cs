using System.Buffers;
using System.Text;

namespace OrleansTasks.Tasks.Spec;

/// <summary>The contract's rules for names, labels and text, with the words for error messages.</summary>
public static class SpecRules
{
    /// <summary>Maximum bytes of one command argument: the kernel's 128 KiB minus the terminating zero.</summary>
    public const int LongestArgument = 131_071;

    /// <summary>Maximum number of items of <c>argv</c>.</summary>
    public const int MostArguments = 4_096;

    /// <summary>Maximum number of variables of <c>env</c>.</summary>
    public const int MostVariables = 256;

    /// <summary>Maximum bytes of all names and values of <c>env</c> together.</summary>
    public const int LargestEnvironment = 128 * 1024;

    /// <summary>Maximum number of labels.</summary>
    public const int MostLabels = 32;

    /// <summary>Maximum bytes of <c>stdin</c>.</summary>
    public const int LongestInput = 256 * 1024;

    /// <summary>Maximum length of a name in characters.</summary>
    public const int LongestName = 200;

    /// <summary>Maximum length of a label's value in characters.</summary>
    public const int LongestLabelValue = 256;

    /// <summary>The pattern of queue names.</summary>
    public const string QueueName = "[a-z0-9][a-z0-9._-]{0,63}";

    /// <summary>The pattern of label keys.</summary>
    public const string LabelKey = "[a-z0-9][a-z0-9._/-]{0,62}";

    /// <summary>The pattern of environment variable names.</summary>
    public const string VariableName = "[A-Za-z_][A-Za-z0-9_]*";

    private static readonly SearchValues<char> QueueCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> LabelCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._/-");

    private static readonly SearchValues<char> VariableCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Returns whether a queue can have this name.</summary>
    public static bool IsQueueName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && !name.ContainsAnyExcept(QueueCharacters);

    /// <summary>Returns whether a label can have this key.</summary>
    public static bool IsLabelKey(ReadOnlySpan<char> key) =>
        key.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(key[0]) && !key.ContainsAnyExcept(LabelCharacters);

    /// <summary>Returns whether an environment variable can have this name.</summary>
    public static bool IsVariableName(ReadOnlySpan<char> name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && !name.ContainsAnyExcept(VariableCharacters);

    /// <summary>Returns what is wrong with the value of a label; null if nothing is.</summary>
    public static string? FaultOfLabelValue(string value) => FaultOfText(value, LongestLabelValue);

    /// <summary>
    /// Returns what is wrong with a text of at most <paramref name="longest"/> characters; null if nothing is.
    /// </summary>
    public static string? FaultOfText(string text, int longest)
    {
        if (text.Length > longest && Characters(text) is var length && length > longest)
            return $"has {length} characters; at most {longest} are allowed";
        foreach (var character in text)
        {
            if (char.IsControl(character))
                return $"contains the control character U+{(int)character:X4}; control characters are not allowed";
        }

        return null;
    }

    /// <summary>Removes control characters from a string and cuts it at <see cref="LongestName"/> characters.</summary>
    public static string WithoutControls(ReadOnlySpan<char> text)
    {
        var clean = true;
        foreach (var character in text)
            clean &= !char.IsControl(character);
        if (clean && text.Length <= LongestName)
            return text.ToString();
        var kept = new StringBuilder(Math.Min(text.Length, LongestName));
        var characters = 0;
        foreach (var rune in text.EnumerateRunes())
        {
            if (Rune.IsControl(rune))
                continue;
            if (characters++ == LongestName)
                break;
            kept.Append(rune.ToString());
        }

        return kept.ToString();
    }

    private static int Characters(string text)
    {
        var count = 0;
        foreach (var _ in text.EnumerateRunes())
            count++;
        return count;
    }
}
