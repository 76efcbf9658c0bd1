using System.Text.Json;

namespace OrleansTasks.Tasks;

/// <summary>The parts of a task's spec that lists show and search.</summary>
/// <param name="Command">The shell command line, or the program and its arguments separated by spaces.</param>
/// <param name="MaxAttempts">The task's maximum number of attempts.</param>
public readonly record struct SpecDigest(string Command, int MaxAttempts)
{
    /// <summary>Maximum number of characters of a command that a row shows.</summary>
    public const int ShownCharacters = 200;

    /// <summary>
    /// The start of the command: up to <see cref="ShownCharacters"/>, without splitting a surrogate pair.
    /// </summary>
    public string ShownCommand
    {
        get
        {
            if (Command.Length <= ShownCharacters)
                return Command;
            var length = char.IsHighSurrogate(Command[ShownCharacters - 1]) ? ShownCharacters - 1 : ShownCharacters;
            return Command[..length];
        }
    }

    /// <summary>Returns whether a task's name or command contains a string, in any letter case.</summary>
    public static bool Contains(string name, ReadOnlySpan<byte> spec, string text) =>
        name.Contains(text, StringComparison.OrdinalIgnoreCase)
        || Read(spec).Command.Contains(text, StringComparison.OrdinalIgnoreCase);

    /// <summary>Reads a stored spec, JSON in UTF-8. Skips what cannot be read.</summary>
    public static SpecDigest Read(ReadOnlySpan<byte> spec)
    {
        var digest = new SpecDigest("", 1);
        try
        {
            var reader = new Utf8JsonReader(spec);
            reader.Read();
            while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
                ReadField(ref reader, ref digest);
        }
        catch (Exception fault) when (fault is JsonException or InvalidOperationException)
        {
            // The spec is damaged. The fields read so far are still used.
        }

        return digest;
    }

    private static void ReadField(ref Utf8JsonReader reader, ref SpecDigest digest)
    {
        if (reader.ValueTextEquals("cmd"u8))
        {
            reader.Read();
            digest = digest with { Command = reader.GetString() ?? "" };
        }
        else if (reader.ValueTextEquals("argv"u8))
            digest = digest with { Command = ReadWords(ref reader) };
        else if (reader.ValueTextEquals("retry"u8))
            ReadRetry(ref reader, ref digest);
        else
            reader.Skip();
    }

    private static string ReadWords(ref Utf8JsonReader reader)
    {
        var words = new List<string>();
        reader.Read();
        while (reader.Read() && reader.TokenType == JsonTokenType.String)
            words.Add(reader.GetString()!);
        return string.Join(' ', words);
    }

    private static void ReadRetry(ref Utf8JsonReader reader, ref SpecDigest digest)
    {
        reader.Read();
        if (reader.TokenType != JsonTokenType.StartObject)
            return;
        while (reader.Read() && reader.TokenType == JsonTokenType.PropertyName)
        {
            var isMaxAttempts = reader.ValueTextEquals("maxAttempts"u8);
            reader.Read();
            if (isMaxAttempts && reader.TokenType == JsonTokenType.Number && reader.TryGetInt32(out var most))
                digest = digest with { MaxAttempts = most };
            else
                reader.Skip();
        }
    }
}
