using System.Diagnostics;
using System.Runtime.CompilerServices;
using System.Runtime.InteropServices;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Sandbox;

namespace OrleansTasks.Worker.Tests.Processes.Sandbox;

/// <summary>A host whose commands may be in a sandbox, with a folder that they may ask for.</summary>
public sealed partial class SandboxFixture : IAsyncLifetime
{
    private readonly string secret = $"secret-{Guid.NewGuid():N}";

    /// <summary>Everything of this fixture.</summary>
    public string Root { get; } = Path.Combine("/tmp", $"otask-sandbox-{Environment.ProcessId}-{Guid.NewGuid():N}");

    /// <summary>A folder that sandboxes may ask for, with r/file, r and w.</summary>
    public string Allowed => Path.Combine(Root, "allowed");

    public ProcessHost Host { get; private set; } = null!;

    /// <summary>The folder of the sources of the sandbox.</summary>
    public static string SourceFolder { get; } = Path.GetFullPath(Path.Combine(Path.GetDirectoryName(Here())!, "../../../../Worker/Processes/Sandbox"));

    public ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Allowed, "r"));
        Directory.CreateDirectory(Path.Combine(Allowed, "w"));
        File.WriteAllText(Path.Combine(Allowed, "r", "file"), "content\n");
        File.WriteAllText(Path.Combine(Root, "secret"), secret);
        Host = new(new() { WorkFolderRoot = Path.Combine(Root, "data", "work"), SpawnThreads = 2, SandboxAllow = [Allowed] }, TimeProvider.System);
        return ValueTask.CompletedTask;
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        Directory.Delete(Root, recursive: true);
    }

    public void SkipUnlessProven()
    {
        // As root it must work, or the tests would prove nothing anywhere.
        if (Environment.UserName == "root" && !File.Exists("/.dockerenv")) Assert.Null(Host.SandboxRefusal);
        Assert.SkipUnless(Host.SandboxRefusal is null, $"no sandbox here: {Host.SandboxRefusal}");
    }

    public StartRequest Sandboxed(string line) => HostFixture.Task(line) with { Sandbox = new SandboxRequest() };

    public Task<ProcessOutcome> RunAsync(string line) => RunAsync(Sandboxed(line));

    public Task<ProcessOutcome> RunAsync(StartRequest request) => Host.Start(request).Completion.WaitAsync(TimeSpan.FromMinutes(3));

    /// <summary>The processes of the machine that have a text among their arguments.</summary>
    public static IEnumerable<string> ProcessesWith(string text) =>
        Directory.EnumerateDirectories("/proc").Where(static folder => char.IsAsciiDigit(folder[^1])).Select(static folder =>
        {
            try
            {
                return File.ReadAllText(folder + "/cmdline").Replace('\0', ' ');
            }
            catch (Exception gone) when (gone is IOException or UnauthorizedAccessException)
            {
                return "";
            }
        }).Where(line => line.Contains(text));

    public static void RunProgram(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments))!;
        process.WaitForExit();
        Assert.Equal(0, process.ExitCode);
    }

    [LibraryImport("libc", EntryPoint = "kill")]
    internal static partial int Kill(int pid, int signal);

    private static string Here([CallerFilePath] string path = "") => path;
}
