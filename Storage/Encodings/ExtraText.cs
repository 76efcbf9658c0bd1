using System.Globalization;
using System.Text;
using OrleansTasks.Tasks;

namespace OrleansTasks.Storage.Encodings;

/// <summary>
/// The stored form of what few tasks have, one line each; nothing is stored for a task that has none of it. Today that is
/// the concurrency key: <c>concurrency LIMIT KEY</c>. A key has no line breaks, and may have spaces.
/// </summary>
internal static class ExtraText
{
    private const string Concurrency = "concurrency ";

    /// <summary>The text; null for a task that has none of it.</summary>
    internal static string? Write(TaskConcurrency? concurrency) => concurrency is null
        ? null
        : string.Create(CultureInfo.InvariantCulture, $"{Concurrency}{concurrency.Limit} {concurrency.Key}");

    /// <summary>Reads the text's bytes; throws <see cref="FormatException"/> on anything else.</summary>
    internal static TaskConcurrency Read(ReadOnlySpan<byte> text)
    {
        var line = Encoding.UTF8.GetString(text);
        var space = line.Length < Concurrency.Length ? -1 : line.IndexOf(' ', Concurrency.Length);
        if (!line.StartsWith(Concurrency, StringComparison.Ordinal) || space < 0
            || !int.TryParse(line.AsSpan(Concurrency.Length, space - Concurrency.Length), CultureInfo.InvariantCulture, out var limit))
            throw new FormatException("What is stored of a task's concurrency key cannot be read.");
        return new TaskConcurrency(line[(space + 1)..], limit);
    }
}
