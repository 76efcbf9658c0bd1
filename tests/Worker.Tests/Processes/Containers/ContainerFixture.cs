using System.Diagnostics.CodeAnalysis;
using System.Diagnostics;
using OrleansTasks.Worker.Processes;
using OrleansTasks.Worker.Processes.Containers;

namespace OrleansTasks.Worker.Tests.Processes.Containers;

/// <summary>
/// A host whose commands may run in containers of podman, and an image that has the machine's BusyBox. Tests that use it
/// are skipped where podman cannot run containers. It uses root's own storage and leaves nothing there but the image with
/// which workers try containers.
/// </summary>
public sealed class ContainerFixture : IAsyncLifetime
{
    /// <summary>The image. Its entry point prints and then runs its arguments.</summary>
    public static string Image { get; } = $"localhost/otask-test-{Guid.NewGuid():N}:1";

    /// <summary>Everything of this fixture.</summary>
    public string Root { get; } = Path.Combine("/tmp", $"otask-containers-{Environment.ProcessId}-{Guid.NewGuid():N}");

    /// <summary>A folder that containers may ask for, with the file r/file and w, in which everybody may write.</summary>
    public string Allowed => Path.Combine(Root, "allowed");

    /// <summary>The folder of the working folders.</summary>
    public string Work => Path.Combine(Root, "data", "work");

    public ProcessHost Host { get; private set; } = null!;

    /// <summary>Why this machine can have no containers; null if it can.</summary>
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
        Refusal = FindBusyBox() is null ? "there is no static BusyBox" : await Host.ProveContainersAsync().WaitAsync(TimeSpan.FromMinutes(3));
        if (Refusal is null) MakeImage();
    }

    public async ValueTask DisposeAsync()
    {
        await Host.DisposeAsync();
        if (Refusal is null) Podman("rmi", "--force", Image);
        Directory.Delete(Root, recursive: true);
    }

    public ProcessHost NewHost(string work, OrleansTasks.Worker.Processes.Users.RunAsUser? user = null) =>
        new(new() { WorkFolderRoot = work, SpawnThreads = 2, SandboxAllow = [Allowed], ContainerEngine = EngineChoice.Podman, RunAs = user }, TimeProvider.System);

    public void SkipUnlessProven() => Assert.SkipUnless(Refusal is null, $"no containers here: {Refusal}");

    public static StartRequest Contained(string line) => new()
    {
        Arguments = StartRequest.ShellLine(line), Container = new() { Image = Image }, Timeout = TimeSpan.FromMinutes(2),
        Environment = [new("TASK_ID", $"{Guid.NewGuid():N}"), new("TASK_ATTEMPT", "1")],
    };

    public Task<ProcessOutcome> RunAsync(string line) => RunAsync(Contained(line));

    public Task<ProcessOutcome> RunAsync(StartRequest request) => Host.Start(request).Completion.WaitAsync(TimeSpan.FromMinutes(3));

    /// <summary>The names of all containers of the image of this fixture.</summary>
    public static string[] Containers() =>
        Podman("ps", "--all", $"--filter=ancestor={Image}", "--format={{.Names}}").Split('\n', StringSplitOptions.RemoveEmptyEntries);

    /// <summary>Runs podman itself. Returns its output.</summary>
    public static string Podman(params string[] arguments) => RunProgram("podman", arguments);

    public static string RunProgram(string program, params string[] arguments)
    {
        using var process = Process.Start(new ProcessStartInfo(program, arguments) { RedirectStandardOutput = true })!;
        var output = process.StandardOutput.ReadToEnd();
        process.WaitForExit();
        return output;
    }

    /// <summary>Has podman work where root may not raise limits and where there is no systemd.</summary>
    public static void SetUpPodman(string folder)
    {
        File.WriteAllText(Path.Combine(folder, "containers.conf"), $"""
            [engine]
            cgroup_manager = "cgroupfs"
            events_logger = "file"
            {(File.Exists("/usr/sbin/runc") || File.Exists("/usr/bin/runc") ? "runtime = \"runc\"" : "")}
            """);
        Environment.SetEnvironmentVariable("CONTAINERS_CONF", Path.Combine(folder, "containers.conf"));
    }

    private static string? FindBusyBox() => ((string[])["/usr/bin/busybox", "/bin/busybox"]).FirstOrDefault(File.Exists);

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
        File.WriteAllText(Path.Combine(root, "etc", "passwd"), "root:x:0:0::/root:/bin/sh\nworker:x:1000:1000::/:/bin/sh\n");
        File.WriteAllText(Path.Combine(root, "entry"), "#!/bin/sh\necho entry\nexec \"$@\"\n");
        File.SetUnixFileMode(Path.Combine(root, "entry"), (UnixFileMode)0x1ED);
        RunProgram("tar", "-C", root, "-cf", Path.Combine(Root, "image.tar"), ".");
        Podman("import", "--change=ENTRYPOINT=[\"/entry\"]", "--change=ENV=FROM_IMAGE=yes", Path.Combine(Root, "image.tar"), Image);
    }
}
