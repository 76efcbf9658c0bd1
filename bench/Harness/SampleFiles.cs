using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>Files for jobs to read, the same ones every time.</summary>
public static class SampleFiles
{
    private const int Cities = 1_000;
    private const int Vocabulary = 20_000;
    private const int WordsALine = 12;
    private static readonly string[] Ends = [" ", " ", " ", " ", " ", ", ", ", ", ". ", "; ", " - "];

    /// <summary>Rows of four columns: <c>id,city,amount,note</c>.</summary>
    public static void WriteCsv(string path, int rows)
    {
        var random = new Random(1);
        using var file = new StreamWriter(path) { NewLine = "\n" };
        file.WriteLine("id,city,amount,note");
        for (var row = 0; row < rows; row++)
            file.WriteLine(string.Create(
                CultureInfo.InvariantCulture, $"{row},city-{random.Next(Cities)},{random.Next(-1_000, 100_000)},as usual"));
    }

    /// <summary>Lines of words, small ones often and large ones seldom, with signs between them and capitals after full stops.</summary>
    public static void WriteText(string path, int lines)
    {
        var random = new Random(2);
        var words = Enumerable.Range(0, Vocabulary).Select(_ => Word(random)).ToArray();
        using var file = new StreamWriter(path) { NewLine = "\n" };
        var isFirst = true;
        for (var line = 0; line < lines; line++)
        {
            for (var i = 0; i < WordsALine; i++)
            {
                var share = random.NextDouble();
                var word = words[(int)(share * share * share * Vocabulary)];
                var end = Ends[random.Next(Ends.Length)];
                file.Write(isFirst ? char.ToUpperInvariant(word[0]) + word[1..] : word);
                file.Write(end);
                isFirst = end[0] == '.';
            }

            file.WriteLine();
        }
    }

    private static string Word(Random random) =>
        string.Create(random.Next(2, 11), random, static (letters, random) =>
        {
            for (var i = 0; i < letters.Length; i++)
                letters[i] = (char)('a' + random.Next(26));
        });
}
