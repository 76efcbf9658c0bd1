using System.Diagnostics;
using System.Diagnostics.CodeAnalysis;
using OrleansTasks.Tests;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;
using OrleansTasks.Worker.Processes.Users;

namespace OrleansTasks.Worker.Tests.Processes.Containers;

/// <summary>
/// A host whose commands may run in containers of podman, or of docker if <c>OTASK_TEST_ENGINE</c> says so or the machine
/// has no podman, and an image with the machine's BusyBox. If the engine cannot run containers, the tests that use this
/// fixture are skipped. It uses the engine's own storage, and leaves nothing there but the image with which workers test
/// their engine.
/// </summary>
public sealed class ContainerFixture : IAsyncLifetime
{
    /// <summary>The image. Its entry point prints "entry" and then runs its arguments.</summary>
    public static string Image { get; } = $"localhost/otask-test-{Guid.NewGuid():N}:1";

    /// <summary>Whether the engine is docker.</summary>
    public static bool IsDocker { get; } =
        Environment.GetEnvironmentVariable("OTASK_TEST_ENGINE") is { Length: > 0 } asked ? asked == "docker" : !HasPodman();

    /// <summary>The name of the engine's program.</summary>
    public static string Program => IsDocker ? "docker" : "podman";

    /// <summary>Everything of this fixture.</summary>
    public string Root { get; } = Path.Combine("/tmp", $"otask-containers-{Environment.ProcessId}-{Guid.NewGuid():N}");

    /// <summary>
    /// A folder that containers may ask for. It has the file r/file, and the folder w, in which everybody may write.
    /// </summary>
    public string Allowed => Path.Combine(Root, "allowed");

    /// <summary>The folder of the working folders.</summary>
    public string Work => Path.Combine(Root, "data", "work");

    public ProcessHost Host { get; private set; } = null!;

    /// <summary>Why this machine cannot run containers; null if it can.</summary>
    public string? Refusal { get; private set; }

    [SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
    public async ValueTask InitializeAsync()
    {
        Directory.CreateDirectory(Path.Combine(Allowed, "r"));
        File.WriteAllText(Path.Combine(Allowed, "r", "file"), "content\n");
        Directory.CreateDirectory(Path.Combine(Allowed, "w"), (UnixFileMode)0x1FF);
        File.SetUnixFileMode(Path.Combine(Allowed, "w"), (UnixFileMode)0x1FF);
        SetUpPodman(Root);
        Host = NewHost(Work);
        Refusal = FindBusyBox() is null
            ? "BusyBox is not installed"
            : await Host.ProveContainersAsync().WaitAsync(TimeSpan.FromMinutes(3));
        if (Refusal is null) MakeImage();
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        if (Refusal is null) Engine("rmi", "--force", Image);
        Directory.Delete(Root, recursive: true);
    }

    public ProcessHost NewHost(string work, RunAsUser? user = null, EngineChoice? engine = null)
    {
        var options = new ProcessHostOptions
        {
            WorkFolderRoot = work, SpawnThreads = 2, SandboxAllow = [Allowed], RunAs = user,
            ContainerEngine = engine ?? (IsDocker ? EngineChoice.Docker : EngineChoice.Podman),
        };
        return new(options, TimeProvider.System);
    }

    public void SkipUnlessProven() => Assert.SkipUnless(Refusal is null, $"no containers here: {Refusal}");

    /// <summary>Skips a test of what only podman does.</summary>
    public static void SkipWithDocker(string reason) => Assert.SkipWhen(IsDocker, "with docker, " + reason);

    public static StartRequest Contained(string line) => new()
    {
        Arguments = StartRequest.ShellLine(line),
        Container = new() { Image = Image },
        Timeout = TimeSpan.FromMinutes(2),
        Environment = [new("TASK_ID", $"{Guid.NewGuid():N}"), new("TASK_ATTEMPT", "1")],
    };

    public Task<ProcessOutcome> RunAsync(string line) => RunAsync(Contained(line));

    public Task<ProcessOutcome> RunAsync(StartRequest request) =>
        Host.Start(request).Completion.WaitAsync(TimeSpan.FromMinutes(3));

    /// <summary>The names of all containers of the image of this fixture.</summary>
    public static string[] Containers() =>
        Engine("ps", "--all", $"--filter=ancestor={Image}", "--format={{.Names}}")
            .Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Whether the engine can limit the processes of its containers.</summary>
    public static bool HasControlGroups() => IsDocker || Environment.IsPrivilegedProcess
        || Engine("info", "--format={{.Host.CgroupControllers}}").Contains("pids", StringComparison.Ordinal);

    /// <summary>Runs the engine itself. Returns its output.</summary>
    public static string Engine(params string[] arguments) => RunProgram(Program, arguments);

    public static string RunProgram(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    /// <summary>
    /// Makes podman, as started from this process, read settings with which it runs on test machines.
    /// </summary>
    public static void SetUpPodman(string folder) =>
        Environment.SetEnvironmentVariable("CONTAINERS_CONF", PodmanSettings.Write(folder));

    private static bool HasPodman() => (Environment.GetEnvironmentVariable("PATH") ?? "").Split(':')
        .Any(static folder => File.Exists(Path.Combine(folder, "podman")));

    private static string? FindBusyBox() =>
        ((string[])["/usr/bin/busybox", "/bin/busybox"]).FirstOrDefault(File.Exists);

    [SuppressMessage("Interoperability", "CA1416", Justification = "Workers run on Linux.")]
    private void MakeImage()
    {
        var root = Path.Combine(Root, "image");
        Directory.CreateDirectory(Path.Combine(root, "bin"));
        Directory.CreateDirectory(Path.Combine(root, "tmp"));
        Directory.CreateDirectory(Path.Combine(root, "etc"));
        File.Copy(FindBusyBox()!, Path.Combine(root, "bin", "busybox"));
        foreach (var applet in RunProgram(FindBusyBox()!, "--list").Split('\n', StringSplitOptions.RemoveEmptyEntries))
            if (applet != "busybox") File.CreateSymbolicLink(Path.Combine(root, "bin", applet), "busybox");
        File.WriteAllText(
            Path.Combine(root, "etc", "passwd"), "root:x:0:0::/root:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n");
        File.WriteAllText(Path.Combine(root, "entry"), "#!/bin/sh\necho entry\nexec \"$@\"\n");
        File.SetUnixFileMode(Path.Combine(root, "entry"), (UnixFileMode)0x1ED);
        var archive = Path.Combine(Root, "image.tar");
        RunProgram("tar", "-C", root, "-cf", archive, ".");
        Engine("import", "--change=ENTRYPOINT [\"/entry\"]", "--change=ENV FROM_IMAGE=yes", archive, Image);
    }
}
