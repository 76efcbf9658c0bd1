using System.Text.Json.Serialization;
using OrleansTasks.Handlers;

namespace OrleansTasks.Samples.Handlers;

/// <summary>
/// <c>word-count [--top N] [FILE…]</c>: counts the words of files, or of the task's standard input. Prints the most
/// frequent ones, and leaves the totals as the task's result.
/// </summary>
public sealed class WordCount : ITaskHandler
{
    private const int BadUsage = 2;

    /// <inheritdoc/>
    public async Task<AttemptResult> RunAsync(TaskContext context, CancellationToken cancellation)
    {
        var files = context.Arguments.ToList();
        var top = 10;
        if (files is ["--top", var number, ..])
        {
            if (!int.TryParse(number, out top))
                return AttemptResult.Failed($"word-count: --top takes a number, and '{number}' is none", BadUsage);
            files.RemoveRange(0, 2);
        }

        var counts = new Dictionary<string, int>(StringComparer.OrdinalIgnoreCase);
        if (files.Count == 0)
            Count(context.InputText, counts);
        foreach (var file in files)
        {
            await context.Error.WriteLineAsync($"reading {file}");
            await foreach (var line in File.ReadLinesAsync(file, cancellation))
                Count(line, counts);
        }

        foreach (var (word, count) in counts.OrderByDescending(static pair => pair.Value)
            .ThenBy(static pair => pair.Key, StringComparer.Ordinal).Take(top))
            await context.Output.WriteLineAsync($"{count,6} {word}");
        return AttemptResult.WithValue(new WordTotals(counts.Values.Sum(), counts.Count), SampleJson.Default.WordTotals);
    }

    private static void Count(string text, Dictionary<string, int> counts)
    {
        foreach (var word in text.Split([' ', '\t', '\n', '\r'], StringSplitOptions.RemoveEmptyEntries))
        {
            if (word.Trim(',', '.', ';', ':', '!', '?', '"', '(', ')') is { Length: > 0 } plain)
                counts[plain] = counts.GetValueOrDefault(plain) + 1;
        }
    }
}

/// <summary>The result of a word count.</summary>
/// <param name="Words">The number of words.</param>
/// <param name="Distinct">The number of different words.</param>
public sealed record WordTotals(int Words, int Distinct);

/// <summary>The serializer of results.</summary>
[JsonSourceGenerationOptions(PropertyNamingPolicy = JsonKnownNamingPolicy.CamelCase)]
[JsonSerializable(typeof(WordTotals))]
internal sealed partial class SampleJson : JsonSerializerContext;
