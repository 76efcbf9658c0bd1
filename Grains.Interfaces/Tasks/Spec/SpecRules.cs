using System.Buffers;
using System.Text;

namespace OrleansTasks.Tasks.Spec;

/// <summary>The rules of the contract for names, labels and texts, each with the words that a message needs.</summary>
public static class SpecRules
{
    /// <summary>The most bytes of one string of a command: what the kernel takes.</summary>
    public const int LongestArgument = 131_071;

    /// <summary>The most items of <c>argv</c>.</summary>
    public const int MostArguments = 4_096;

    /// <summary>The most variables of <c>env</c>.</summary>
    public const int MostVariables = 256;

    /// <summary>The most bytes of all names and values of <c>env</c>.</summary>
    public const int LargestEnvironment = 128 * 1024;

    /// <summary>The most labels.</summary>
    public const int MostLabels = 32;

    /// <summary>The most bytes of <c>stdin</c>.</summary>
    public const int LongestInput = 256 * 1024;

    /// <summary>The most characters of a name.</summary>
    public const int LongestName = 200;

    /// <summary>The most characters of a label's value.</summary>
    public const int LongestLabelValue = 256;

    /// <summary>What a queue's name looks like.</summary>
    public const string QueueName = "[a-z0-9][a-z0-9._-]{0,63}";

    /// <summary>What a label's key looks like.</summary>
    public const string LabelKey = "[a-z0-9][a-z0-9._/-]{0,62}";

    /// <summary>What the name of an environment variable looks like.</summary>
    public const string VariableName = "[A-Za-z_][A-Za-z0-9_]*";

    private static readonly SearchValues<char> QueueCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._-");
    private static readonly SearchValues<char> LabelCharacters =
        SearchValues.Create("abcdefghijklmnopqrstuvwxyz0123456789._/-");

    private static readonly SearchValues<char> VariableCharacters =
        SearchValues.Create("ABCDEFGHIJKLMNOPQRSTUVWXYZabcdefghijklmnopqrstuvwxyz0123456789_");

    /// <summary>Whether a queue can have this name.</summary>
    public static bool IsQueueName(ReadOnlySpan<char> name) =>
        name.Length is > 0 and <= 64 && char.IsAsciiLetterOrDigit(name[0]) && !name.ContainsAnyExcept(QueueCharacters);

    /// <summary>Whether a label can have this key.</summary>
    public static bool IsLabelKey(ReadOnlySpan<char> key) =>
        key.Length is > 0 and <= 63 && char.IsAsciiLetterOrDigit(key[0]) && !key.ContainsAnyExcept(LabelCharacters);

    /// <summary>Whether an environment variable can have this name.</summary>
    public static bool IsVariableName(ReadOnlySpan<char> name) =>
        name.Length > 0 && !char.IsAsciiDigit(name[0]) && !name.ContainsAnyExcept(VariableCharacters);

    /// <summary>What is wrong with the value of a label; null when nothing is.</summary>
    public static string? FaultOfLabelValue(string value) => FaultOfText(value, LongestLabelValue);

    /// <summary>What is wrong with a text for people of at most <paramref name="longest"/> characters; null when
    /// nothing is.</summary>
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

    /// <summary>A text without control characters, cut at <see cref="LongestName"/> characters.</summary>
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
