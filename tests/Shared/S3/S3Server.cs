using System.Diagnostics;
using System.Globalization;

namespace OrleansTasks.Tests.S3;

/// <summary>
/// Runs an S3 server (tests/S3Server) with empty buckets, on a port of the loopback address. It checks signatures.
/// </summary>
public sealed class S3Server : IDisposable
{
    /// <summary>The only access key that the server knows, and its secret key.</summary>
    public const string Key = "S3RVER";

    private readonly string folder = Directory.CreateTempSubdirectory("otask-s3-").FullName;
    private readonly Process process;

    /// <summary>Starts a server and returns when it listens.</summary>
    public S3Server(params string[] buckets)
    {
        var start = new ProcessStartInfo("node") { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in (string[])[Path.Combine(Source, "server.mjs"), folder, .. buckets])
            start.ArgumentList.Add(argument);
        process = Process.Start(start)!;
        Port = int.Parse(process.StandardOutput.ReadLine() ?? throw new InvalidOperationException(
            "The S3 server did not start: run npm ci in tests/S3Server."), CultureInfo.InvariantCulture);
    }

    /// <summary>The port.</summary>
    public int Port { get; }

    /// <summary>
    /// Environment variables that give a program the keys, and keep it from asking the EC2 metadata service.
    /// </summary>
    public static IReadOnlyDictionary<string, string> Variables { get; } = new Dictionary<string, string>
    {
        ["AWS_ACCESS_KEY_ID"] = Key, ["AWS_SECRET_ACCESS_KEY"] = Key, ["AWS_EC2_METADATA_DISABLED"] = "true",
    };

    /// <summary>Returns all files of a bucket on the server's disk, those of unfinished objects included.</summary>
    public IEnumerable<string> FilesOf(string bucket) =>
        Directory.EnumerateFiles(Path.Combine(folder, bucket), "*", SearchOption.AllDirectories);

    private static string Source
    {
        get
        {
            var here = new DirectoryInfo(AppContext.BaseDirectory);
            while (!File.Exists(Path.Combine(here.FullName, "OrleansTasks.sln")))
                here = here.Parent ?? throw new InvalidOperationException("The tests run outside the repository.");
            return Path.Combine(here.FullName, "tests", "S3Server");
        }
    }

    /// <summary>Returns the value of <c>--files</c> for a place in a bucket.</summary>
    public string FilesOption(string bucketAndPrefix) => $"s3://{bucketAndPrefix}?endpoint=http://127.0.0.1:{Port}";

    /// <inheritdoc/>
    public void Dispose()
    {
        process.StandardInput.Close();
        process.WaitForExit();
        process.Dispose();
        Directory.Delete(folder, recursive: true);
    }
}
