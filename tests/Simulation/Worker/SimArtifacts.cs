using System.Globalization;
using Microsoft.Win32.SafeHandles;
using OrleansTasks.Processing.Files;
using OrleansTasks.Worker.Files;

namespace OrleansTasks.Simulation.Worker;

/// <summary>
/// The artifacts that commands leave: ranges of one file of random bytes. Different tasks leave some of the same
/// ranges.
/// </summary>
internal static class SimArtifacts
{
    /// <summary>The pattern of a spec.</summary>
    public const string Pattern = "out/*";

    private const int Length = 64 * 1024;
    private static readonly byte[] Bytes = Make();
    private static readonly SafeFileHandle Source = Open();

    /// <summary>The files that an attempt leaves, with where their bytes begin.</summary>
    public static ImmutableArray<CollectedFile> Of(string task, int attempt)
    {
        var digit = SimResults.DigitOf(task);
        var own = task.Aggregate(attempt, static (sum, letter) => ((sum * 31) + letter) & 0x3fff);
        var files = ImmutableArray.CreateBuilder<CollectedFile>();
        for (var i = 0; i <= digit % 3; i++)
            files.Add(File($"out/{i}", i == 1 ? digit * 100 : own + i, (digit * 300) + i));
        return files.ToImmutable();
    }

    /// <summary>The same with its bytes, as a host collects them.</summary>
    public static CollectedArtifacts Collect(string task, int attempt) => new(
        System.IO.File.OpenHandle(string.Create(CultureInfo.InvariantCulture, $"/proc/self/fd/{Source.DangerousGetHandle()}")), Of(task, attempt));

    private static CollectedFile File(string path, int offset, int length) =>
        new(path, FileName.Of(Bytes.AsSpan(offset, length)), length, false, offset);

    private static byte[] Make()
    {
        var bytes = new byte[Length];
        new Random(1).NextBytes(bytes);
        return bytes;
    }

    private static SafeFileHandle Open()
    {
        var path = Path.GetTempFileName();
        System.IO.File.WriteAllBytes(path, Bytes);
        var handle = System.IO.File.OpenHandle(path);
        System.IO.File.Delete(path);
        return handle;
    }
}
