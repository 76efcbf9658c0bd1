using System.Diagnostics;
using System.Globalization;

namespace OrleansTasks.Bench.Harness;

/// <summary>This program as one that answers each line with its length, and no more than so many lines a second.</summary>
public static class PacedAnswers
{
    /// <summary>The command line's word for being it.</summary>
    public const string Argument = "--answer-lines";

    private const double MostCredit = 0.05;
    private const double LeastSleep = 0.002;

    /// <summary>How a shell starts it.</summary>
    public static string CommandOf(int linesPerSecond) => string.Create(
        CultureInfo.InvariantCulture, $"exec {Environment.ProcessPath} {Argument} {linesPerSecond}");

    /// <summary>Is the program, until its input ends.</summary>
    public static void Serve(int linesPerSecond)
    {
        using var input = new StreamReader(Console.OpenStandardInput(), bufferSize: 64 * 1024);
        using var output = new StreamWriter(Console.OpenStandardOutput()) { AutoFlush = true };
        var started = Stopwatch.GetTimestamp();
        var next = 0.0;
        while (input.ReadLine() is { } line)
        {
            var now = Stopwatch.GetElapsedTime(started).TotalSeconds;
            next = Math.Max(next, now - MostCredit) + (1.0 / linesPerSecond);
            if (next - now >= LeastSleep)
                Thread.Sleep(TimeSpan.FromSeconds(next - now));
            output.WriteLine(line.Length);
        }
    }
}
