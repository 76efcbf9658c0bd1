using Microsoft.Extensions.Configuration;
using Microsoft.Extensions.DependencyInjection;
using Microsoft.Extensions.Hosting;

var builder = Host.CreateApplicationBuilder(args);
// The tasks that run get ten seconds to end after SIGTERM; the host must wait longer.
builder.Services.Configure<HostOptions>(options => options.ShutdownTimeout = TimeSpan.FromMinutes(1));
builder.Services
    // On the command line: --Worker:Masters:0 10.0.0.5:50051 --Worker:Name w1 --Worker:Slots 4
    .AddOrleansTasksWorker(builder.Configuration.GetSection("Worker").Bind)
    .AddTaskHandler<Greet>("greet");
await builder.Build().RunAsync();
