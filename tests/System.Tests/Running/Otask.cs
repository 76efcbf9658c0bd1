using System.Runtime.CompilerServices;
using System.Text;
using OrleansTasks.Cli.Output;
using OrleansTasks.Cli.Store;

namespace OrleansTasks.System.Tests.Running;

/// <summary>Runs <c>otask</c> in this process, with what works in stores; a test that needs the process itself runs <see cref="BuiltPrograms.Otask"/>.</summary>
internal static class Otask
{
    /// <summary>
    /// Neither profiles nor addresses of the user who runs the tests reach them, nor the programs that they start. No test can leave a profile
    /// to another one: nobody can create a folder in /proc.
    /// </summary>
    [ModuleInitializer]
    internal static void Isolate()
    {
        foreach (var name in (string[])["XDG_CONFIG_HOME", "XDG_CONFIG_DIRS"])
            Environment.SetEnvironmentVariable(name, "/proc/otask-tests-have-no-profiles");
        foreach (var name in (string[])["OTASK_URL", "OTASK_KEY", "OTASK_PROFILE", "OTASK_ACTOR"])
            Environment.SetEnvironmentVariable(name, null);
    }

    /// <summary>Runs a command against a service.</summary>
    public static Task<Finished> Run(Service service, params string[] arguments) =>
        Run(["--url", service.Url.ToString(), .. arguments]);

    /// <summary>Runs a command.</summary>
    public static async Task<Finished> Run(params string[] arguments)
    {
        // Opened and closed several times, as a pipe is written to by several streams.
        using var output = new Pipe();
        using var errors = new Pipe();
        await using var words = new StreamWriter(output, leaveOpen: true) { AutoFlush = true };
        await using var complaints = new StreamWriter(errors, leaveOpen: true) { AutoFlush = true };
        var code = await new global::OrleansTasks.Cli.CommandLine(
            words, complaints, new TaskOutput(output, errors), static () => new StoreWork()).Run(arguments);
        return new Finished(code, output.Text, errors.Text);
    }

    private sealed class Pipe : MemoryStream
    {
        public string Text => Encoding.UTF8.GetString(ToArray());

        // Each command closes the streams that it has written to.
        protected override void Dispose(bool disposing)
        {
        }
    }
}
