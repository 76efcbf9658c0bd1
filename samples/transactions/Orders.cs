using Microsoft.EntityFrameworkCore;
using Microsoft.EntityFrameworkCore.Storage;
using Npgsql;
using OrleansTasks.ApiClient;

namespace OrleansTasks.Samples.Transactions;

/// <summary>A row of the program's own table.</summary>
public sealed class Order
{
    /// <summary>The order's number.</summary>
    public long Id { get; set; }

    /// <summary>The task that ships it.</summary>
    public Guid Task { get; set; }
}

/// <summary>The program's own tables, in the database in which the service stores its tasks.</summary>
public sealed class Shop(string database) : DbContext
{
    /// <summary>The orders.</summary>
    public DbSet<Order> Orders => Set<Order>();

    /// <inheritdoc/>
    protected override void OnConfiguring(DbContextOptionsBuilder optionsBuilder) => optionsBuilder.UseNpgsql(database);

    /// <inheritdoc/>
    protected override void OnModelCreating(ModelBuilder modelBuilder) => modelBuilder.Entity<Order>(order =>
    {
        order.ToTable("orders");
        order.Property(static one => one.Id).HasColumnName("id").ValueGeneratedNever();
        order.Property(static one => one.Task).HasColumnName("task");
    });
}

/// <summary>Stores orders, each in one transaction with the task that ships it.</summary>
public static class OrderDesk
{
    /// <summary>The task that ships an order.</summary>
    public static TaskSpec Shipping(long order) => new()
    {
        Argv = ["/bin/echo", $"order {order} is on its way"],
        Labels = new Dictionary<string, string> { ["order"] = $"{order}" },
    };

    /// <summary>Stores an order with Entity Framework Core.</summary>
    public static async Task TakeWithEntityFramework(string database, long order)
    {
        await using var shop = new Shop(database);
        await using var transaction = await shop.Database.BeginTransactionAsync();

        var task = await transaction.GetDbTransaction().SubmitTaskAsync(Shipping(order));
        shop.Orders.Add(new Order { Id = order, Task = Guid.Parse(task) });
        await shop.SaveChangesAsync();

        Console.WriteLine($"order {order}: task {task}");
        await transaction.CommitAsync();
    }

    /// <summary>Stores an order with Npgsql alone.</summary>
    public static async Task TakeWithNpgsql(NpgsqlDataSource database, long order)
    {
        await using var connection = await database.OpenConnectionAsync();
        await using var transaction = await connection.BeginTransactionAsync();

        var task = await transaction.SubmitTaskAsync(Shipping(order));
        await using var insert = new NpgsqlCommand("INSERT INTO orders (id, task) VALUES ($1, $2)", connection, transaction);
        insert.Parameters.AddWithValue(order);
        insert.Parameters.AddWithValue(Guid.Parse(task));
        await insert.ExecuteNonQueryAsync();

        Console.WriteLine($"order {order}: task {task}");
        await transaction.CommitAsync();
    }
}
