using System.Diagnostics;
using System.Globalization;
using System.Net.Http.Headers;
using System.Text;
using System.Text.Json.Nodes;
using System.Text.RegularExpressions;

namespace OrleansTasks.System.Tests.Running;

/// <summary>The built service as a process, on a free port of loopback unless told otherwise.</summary>
internal sealed partial class Service : IAsyncDisposable
{
    private static readonly TimeSpan StartLimit = TimeSpan.FromMinutes(2);

    private readonly Process process;
    private readonly StringBuilder log = new();
    private readonly TaskCompletionSource<string> ready = new(TaskCreationOptions.RunContinuationsAsynchronously);
    private HttpClient? client;
    private bool isDisposed;

    private Service(Process process, string data)
    {
        this.process = process;
        Data = data;
        process.OutputDataReceived += (_, line) => Note(line.Data);
        process.ErrorDataReceived += (_, line) => Note(line.Data);
        process.BeginOutputReadLine();
        process.BeginErrorReadLine();
    }

    /// <summary>Its data folder.</summary>
    public string Data { get; }

    /// <summary>The gateway's address.</summary>
    public Uri Url { get; private set; } = null!;

    /// <summary>Where a silo on its own meets gateways.</summary>
    public string Silo { get; private set; } = "";

    /// <summary>Where remote workers connect: <c>address:port</c>.</summary>
    public string Grpc { get; private set; } = "";

    /// <summary>Where a silo on its own answers probes; null: nowhere.</summary>
    public Uri? Health { get; private set; }

    /// <summary>Calls the gateway.</summary>
    public HttpClient Http => client ??= new HttpClient(Url.Scheme == Uri.UriSchemeHttps ? OwnCertificate.TrustAll() : new HttpClientHandler())
    {
        BaseAddress = Url, Timeout = TimeSpan.FromSeconds(90),
    };

    /// <summary>The supervisor: the process that was started.</summary>
    public int Supervisor => process.Id;

    /// <summary>The supervised process, which does the work.</summary>
    public int Agent => int.Parse(ReadLock(Data), CultureInfo.InvariantCulture);

    /// <summary>Everything it has printed so far.</summary>
    public string Log
    {
        get
        {
            lock (log)
                return log.ToString();
        }
    }

    /// <summary>Starts it, and returns when it says that it is ready.</summary>
    public static Task<Service> Start(string data, params string[] options) =>
        Start(BuiltPrograms.AllInOne, [
            "--data", data, .. Unless(options, "--http"), .. Unless(options, "--grpc"), .. options], data);

    /// <summary>Starts it with keys for everybody, those on this machine included; <see cref="Http"/> sends one that may do everything.</summary>
    public static async Task<Service> StartGuarded(string data, params string[] options)
    {
        var made = await Otask.Run("key", "create", "--data", data, "--scope", "read,submit,operate,admin");
        Assert.Equal(0, made.ExitCode);
        var service = await Start(data, options);
        service.Http.DefaultRequestHeaders.Authorization = new AuthenticationHeaderValue("Bearer", made.Output.Trim());
        return service;
    }

    /// <summary>A token by which a worker can join.</summary>
    public async Task<string> JoinToken()
    {
        using var answer = await Http.PostAsync("/api/v1/nodes/tokens", null);
        return (string)JsonNode.Parse(await answer.EnsureSuccessStatusCode().Content.ReadAsStringAsync())!["token"]!;
    }

    /// <summary>Starts it through another program, and with further environment variables.</summary>
    public static async Task<Service> Start(
        string program, string[] arguments, string data, params (string Name, string Value)[] environment)
    {
        var start = new ProcessStartInfo(program, arguments)
        {
            RedirectStandardOutput = true,
            RedirectStandardError = true,
            WorkingDirectory = BuiltPrograms.Repository,
        };
        // A worker tries the machine's container engine, which takes the time of other tests.
        start.Environment["OTASK_CONTAINER_ENGINE"] = "none";
        foreach (var (name, value) in environment)
            start.Environment[name] = value;
        var service = new Service(Process.Start(start)!, data);
        var ended = service.process.WaitForExitAsync();
        try
        {
            if (await Task.WhenAny(service.ready.Task, ended).WaitAsync(StartLimit, TimeProvider.System) == ended)
                throw new InvalidOperationException($"The service ended with {service.process.ExitCode}:\n{service.Log}");
        }
        catch
        {
            await service.DisposeAsync();
            throw;
        }

        if (await service.ready.Task is { Length: > 0 } address)
            service.Url = new Uri(address);
        return service;
    }

    /// <summary>Starts a silo on its own, on a free port unless told otherwise.</summary>
    public static Task<Service> StartSilo(string data, params string[] options) => StartSilo(data, [], options);

    /// <summary>The same with further environment variables.</summary>
    public static Task<Service> StartSilo(string data, (string Name, string Value)[] environment, string[] options) =>
        Start(BuiltPrograms.Silo, [
            "--data", data, .. Unless(options, "--listen"), .. Unless(options, "--grpc"), .. options], data, environment);

    /// <summary>Starts a gateway on its own.</summary>
    public static Task<Service> StartGateway(string silo, params string[] options) =>
        Start(BuiltPrograms.Client, [.. Unless(options, "--http"), "--silo", silo, .. options], "");

    /// <summary>The process id in a folder's lock.</summary>
    public static string ReadLock(string data)
    {
        using var file = new FileStream(Path.Combine(data, "lock"), FileMode.Open, FileAccess.Read, FileShare.ReadWrite);
        return new StreamReader(file).ReadToEnd().Trim();
    }

    /// <summary>Submits a task and returns its id.</summary>
    public async Task<string> Submit(string cmd)
    {
        using var response = await Post("/api/v1/tasks", new JsonObject { ["cmd"] = cmd });
        Assert.Equal(202, (int)response.StatusCode);
        return (string)JsonNode.Parse(await response.Content.ReadAsStringAsync())!["id"]!;
    }

    /// <summary>Posts JSON.</summary>
    public Task<HttpResponseMessage> Post(string path, JsonNode body) =>
        Http.PostAsync(path, new StringContent(body.ToJsonString(), Encoding.UTF8, "application/json"));

    /// <summary>A task once it has ended; fails when it does not within a minute.</summary>
    public async Task<JsonNode> Ended(string id)
    {
        using var answer = await Http.GetAsync($"/api/v1/tasks/{id}?wait=60s");
        var task = JsonNode.Parse(await answer.Content.ReadAsStringAsync())!;
        Assert.True(answer.IsSuccessStatusCode, $"{(int)answer.StatusCode}: {task}\n{Log}");
        Assert.True((string)task["state"]! is "succeeded" or "failed" or "cancelled", $"{task}\n{Log}");
        return task;
    }

    /// <summary>A task as it is.</summary>
    public async Task<JsonNode> Get(string id) => JsonNode.Parse(await Http.GetStringAsync($"/api/v1/tasks/{id}"))!;

    /// <summary>Sends SIGTERM to the process that was started.</summary>
    public void Terminate() => Signals.Send(process.Id, Signals.Terminate);

    /// <summary>Waits for its end and returns the exit code.</summary>
    public async Task<int> End(TimeSpan? limit = null)
    {
        await process.WaitForExitAsync().WaitAsync(limit ?? StartLimit, TimeProvider.System);
        return process.ExitCode;
    }

    /// <summary>Kills every process of it at once, as a power cut would.</summary>
    public async Task KillAll()
    {
        var agent = Agent;
        Signals.Send(agent, Signals.Kill);
        Signals.Send(process.Id, Signals.Kill);
        await process.WaitForExitAsync();
    }

    /// <summary>Kills the process that was started, which is all there is of a gateway on its own.</summary>
    public async Task Kill()
    {
        Signals.Send(process.Id, Signals.Kill);
        await process.WaitForExitAsync();
    }

    public async ValueTask DisposeAsync()
    {
        // A test that starts another one in its place may fail before it has that.
        if (isDisposed)
            return;
        isDisposed = true;
        client?.Dispose();
        if (!process.HasExited)
        {
            Signals.Send(process.Id, Signals.Terminate);
            Signals.Send(process.Id, Signals.Terminate);
            try
            {
                await process.WaitForExitAsync().WaitAsync(StartLimit, TimeProvider.System);
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
        if (Address().Match(line) is { Success: true } match)
            address = match.Groups[1].Value;
        if (SiloAddress().Match(line) is { Success: true } silo)
            Silo = silo.Groups[1].Value;
        if (GrpcAddress().Match(line) is { Success: true } grpc)
            Grpc = grpc.Groups[1].Value;
        if (HealthAddress().Match(line) is { Success: true } health)
            Health = new Uri(health.Groups[1].Value);
        if (line.StartsWith("Try: ", StringComparison.Ordinal) || line.StartsWith("Start a gateway", StringComparison.Ordinal))
            ready.TrySetResult(address);
    }

    private static string[] Unless(string[] options, string option) => options.Contains(option) ? [] : [option, "127.0.0.1:0"];

    private string address = "";

    [GeneratedRegex("^ *silo +([^ ]+:[0-9]+)")]
    private static partial Regex SiloAddress();

    [GeneratedRegex("^ *grpc +([^ ]+:[0-9]+)")]
    private static partial Regex GrpcAddress();

    [GeneratedRegex("^ *health +(http://.*)$")]
    private static partial Regex HealthAddress();

    [GeneratedRegex("^ *http +(https?://.*)$")]
    private static partial Regex Address();
}
