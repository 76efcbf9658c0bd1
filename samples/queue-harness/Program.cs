using System.Diagnostics;
using System.Globalization;
using System.Text.Json;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;
using Microsoft.Extensions.Logging;
using OrleansTasks.ApiClient;
using OrleansTasks.Samples.QueueHarness;

var settings = new Settings();
var folder = Directory.CreateTempSubdirectory("orleanstasks-harness-").FullName;
var (address, grpc) = (new Uri($"http://127.0.0.1:{settings.Port}"), $"127.0.0.1:{settings.Port + 1}");
using var service = Process.Start(new ProcessStartInfo(
    settings.Service,
    ["--db", settings.Connection, "--http", address.Authority, "--grpc", grpc, "--slots", "0", "--data", folder])
{
    // Stdout is for samples alone.
    RedirectStandardOutput = true,
})!;
_ = service.StandardOutput.BaseStream.CopyToAsync(Console.OpenStandardError());
using var http = new HttpClient { BaseAddress = address };
while (await Ready() == false)
    await Task.Delay(TimeSpan.FromMilliseconds(100), TimeProvider.System);

var builder = Host.CreateApplicationBuilder();
builder.Logging.ClearProviders();
builder.Services.Configure<HostOptions>(static options => options.ShutdownTimeout = TimeSpan.FromSeconds(10));
builder.Services.AddSingleton(settings).AddSingleton<Measures>().AddSingleton(http).AddSingleton(new OrleansTasksClient(http));
builder.Services.AddOrleansTasksWorker(options =>
    {
        options.Masters.Add(grpc);
        (options.Name, options.Slots) = ($"harness-{settings.Instance}", settings.Workers);
        (options.DataFolder, options.DrainTime) = (Path.Combine(folder, "worker"), TimeSpan.FromSeconds(1));
    })
    .AddTaskHandler<Job>(Job.Handler);
builder.Services.AddHostedService<Producer>().AddHostedService<Sampler>();
using var host = builder.Build();
Console.WriteLine(JsonSerializer.Serialize(new
{
    kind = "descriptor", system = "orleanstasks", version = "0.1.0", schema_version = "1", extensions = Array.Empty<string>(),
    event_tables = JsonDocument.Parse(await File.ReadAllTextAsync(Path.Combine(AppContext.BaseDirectory, "adapter.json")))
        .RootElement.GetProperty("event_tables"),
    db_name = settings.Connection.Split("Database=")[1].Split(';')[0], started_at = Sampler.Now(), instance_id = settings.Instance,
}));
await host.RunAsync();
Process.Start("kill", ["-TERM", service.Id.ToString(CultureInfo.InvariantCulture)])!.WaitForExit();
await service.WaitForExitAsync();
Directory.Delete(folder, recursive: true);

async Task<bool> Ready()
{
    if (service.HasExited)
        throw new InvalidOperationException($"{settings.Service} has ended with exit code {service.ExitCode}.");
    try
    {
        return (await http.GetAsync("/readyz")).IsSuccessStatusCode;
    }
    catch (HttpRequestException)
    {
        return false;
    }
}
