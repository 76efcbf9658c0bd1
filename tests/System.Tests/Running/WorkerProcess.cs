using System.Diagnostics;
using System.Globalization;
using System.Text;

namespace OrleansTasks.System.Tests.Running;

/// <summary>The built worker as a process under its supervisor.</summary>
internal sealed class WorkerProcess : IAsyncDisposable
{
    private static readonly TimeSpan Limit = TimeSpan.FromSeconds(30);

    private readonly Process process;
    private readonly StringBuilder log = new();
    private readonly TaskCompletionSource started = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private bool isDisposed;

    private WorkerProcess(Process process, string name, string data)
    {
        (this.process, Name, Data) = (process, name, data);
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its name.</summary>
    public string Name { get; }

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>The supervisor: the process that was started.</summary>
    public int Supervisor => process.Id;

    /// <summary>The supervised process, which does the work.</summary>
    public int Agent => int.Parse(Service.ReadLock(Data), CultureInfo.InvariantCulture);

    /// <summary>Everything it has printed so far.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <summary>Starts one for a service and waits until it says that it has started.</summary>
    public static Task<WorkerProcess> Start(Service service, string name, string data, params string[] options) =>
        Start([service.Grpc], name, data, options);

    /// <summary>Starts one for several masters and waits until it says that it has started.</summary>
    public static async Task<WorkerProcess> Start(string[] masters, string name, string data, params string[] options)
    {
        var worker = Launch(BuiltPrograms.Worker, [
            .. masters.SelectMany(static master => (string[])["--master", master]), "--name", name, "--data", data, .. options], name, data);
        try
        {
            var ended = worker.process.WaitForExitAsync();
            if (await Task.WhenAny(worker.started.Task, ended).WaitAsync(Limit, TimeProvider.System) == ended)
                throw new InvalidOperationException($"The worker ended with {worker.process.ExitCode}:\n{worker.Log}");
            return worker;
        }
        catch
        {
            await worker.DisposeAsync();
            throw;
        }
    }

    /// <summary>Starts a program that is a worker, with further environment variables, and does not wait.</summary>
    public static WorkerProcess Launch(
        string program, string[] arguments, string name, string data, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = BuiltPrograms.Repository,
        };
        // A worker tries the machine's container engine, which takes the time of other tests.
        start.Environment["OTASK_CONTAINER_ENGINE"] = "none";
        foreach (var (variable, value) in environment)
            start.Environment[variable] = value;
        return new WorkerProcess(Process.Start(start)!, name, data);
    }

    /// <summary>Waits until it says that it has started.</summary>
    public Task Started() => started.Task.WaitAsync(Limit, TimeProvider.System);

    /// <summary>Sends a signal to the process that was started.</summary>
    public void Send(int signal) => Signals.Send(process.Id, signal);

    /// <summary>Waits for its end and returns the exit code; 128 and the signal's number when a signal ended it.</summary>
    public async Task<int> End(TimeSpan? limit = null)
    {
        await process.WaitForExitAsync().WaitAsync(limit ?? Limit, TimeProvider.System);
        return process.ExitCode;
    }

    public async ValueTask DisposeAsync()
    {
        // A test that starts another one in its place may fail before it has that.
        if (isDisposed)
            return;
        isDisposed = true;
        if (!process.HasExited)
        {
            // Twice is at once; its supervisor kills what it leaves. Two equal signals may become one.
            Signals.Send(process.Id, Signals.Continue);
            Signals.Send(process.Id, Signals.Terminate);
            Signals.Send(process.Id, Signals.Interrupt);
            try
            {
                await process.WaitForExitAsync().WaitAsync(Limit, TimeProvider.System);
            }
            catch (TimeoutException)
            {
                process.Kill(entireProcessTree: true);
            }
        }

        process.Dispose();
    }

    private void Note(string? line)
    {
        if (line is null)
            return;
        lock (log)
            log.AppendLine(line);
        if (line == "worker node started")
            started.TrySetResult();
    }
}
