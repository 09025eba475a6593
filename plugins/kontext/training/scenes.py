"""Pictures of one to three flat shapes on a plain or graded background.

A `Scene` is plain data; `draw` turns it into pixels by signed distance, so a scene looks the same
at any size and edges are smooth without supersampling. Everything is deterministic given the
random generator that is passed in.
"""

from dataclasses import dataclass, field, replace

import numpy as np

SHAPES = ("circle", "square", "triangle", "star", "ring")

COLORS = {
    "red": (220, 40, 40),
    "orange": (245, 140, 25),
    "yellow": (245, 220, 50),
    "green": (40, 160, 70),
    "blue": (45, 90, 220),
    "purple": (140, 55, 180),
    "white": (245, 245, 245),
    "black": (22, 22, 22),
}
COLOR_NAMES = tuple(COLORS)

JITTER = 10  # Shades of one color name differ by up to this much in each channel.
GAP = 2.0  # Pixels left free between two shapes and at the border, on a 64-pixel picture.


@dataclass(frozen=True)
class Shape:
    """One shape: `radius` is that of the circle of the same kind, in pixels."""

    kind: str
    color: str
    rgb: tuple
    x: float
    y: float
    radius: float


@dataclass(frozen=True)
class Scene:
    """A picture before it is drawn. `ground` holds the two ends of the gradient (equal if plain)."""

    width: int
    height: int
    ground: tuple
    ground_colors: tuple
    angle: float
    shapes: tuple = field(default=())

    def shape(self, kind):
        """The shape of this kind, or None."""
        return next((s for s in self.shapes if s.kind == kind), None)

    def without(self, kind):
        """The scene with the shape of this kind taken away."""
        return replace(self, shapes=tuple(s for s in self.shapes if s.kind != kind))

    def with_shape(self, which, /, **changes):
        """The scene with fields of the shape of this kind replaced."""
        return replace(self, shapes=tuple(replace(s, **changes) if s.kind == which else s for s in self.shapes))

    def with_ground(self, color):
        """The scene on a plain background of the named color."""
        rgb = unit(COLORS[color])
        return replace(self, ground=(rgb, rgb), ground_colors=(color,), angle=0.0)


def unit(rgb):
    """8-bit color to floats in [0, 1]."""
    return tuple(c / 255.0 for c in rgb)


def shade(rng, color):
    """A random shade of the named color."""
    base = np.asarray(COLORS[color]) + rng.integers(-JITTER, JITTER + 1, 3)
    return unit(tuple(np.clip(base, 0, 255).tolist()))


def random_scene(rng, width=64, height=64, n_shapes=None):
    """Draws lots for a scene: each kind at most once, no two shapes touching."""
    names = list(rng.permutation(COLOR_NAMES))
    first = names.pop()
    start = shade(rng, first)
    end, ground_colors = start, (first,)
    if rng.random() < 0.35:
        second = names.pop()
        amount = rng.uniform(0.3, 0.8)
        end = tuple((1 - amount) * a + amount * b for a, b in zip(start, shade(rng, second)))
        ground_colors = (first, second)
    scene = Scene(width, height, (start, end), ground_colors, float(rng.uniform(0, 2 * np.pi)))
    wanted = n_shapes or int(rng.integers(1, 4))
    shapes = _place(rng, scene, rng.permutation(SHAPES)[:wanted], names)
    return replace(scene, shapes=tuple(shapes))


def _place(rng, scene, kinds, names):
    small = min(scene.width, scene.height)
    low, high = (8.0, 17.0) if small >= 64 else (7.0, 13.5)
    unit_px = small / 64.0 if small > 96 else 1.0  # Large pictures are drawn as enlarged small ones.
    if small > 96:
        low, high = low * unit_px, high * unit_px
    placed = []
    for kind in kinds:
        for _ in range(60):
            radius = rng.uniform(low, high if len(kinds) < 3 else low + 0.75 * (high - low))
            reach = 1.12 * radius + GAP * unit_px
            x = rng.uniform(reach, scene.width - reach)
            y = rng.uniform(reach, scene.height - reach)
            if all(np.hypot(x - o.x, y - o.y) > reach + 1.12 * o.radius for o in placed):
                color = str(rng.choice(names))
                placed.append(Shape(str(kind), color, shade(rng, color), float(x), float(y), float(radius)))
                break
    return placed


def canonical_scene(kind, color, ground, width=64, height=64):
    """The one picture meant by "a COLOR KIND on a GROUND background"."""
    rgb, back = unit(COLORS[color]), unit(COLORS[ground])
    shape = Shape(kind, color, rgb, width / 2, height / 2, 0.25 * min(width, height))
    return Scene(width, height, (back, back), (ground,), 0.0, (shape,))


def draw(scene, scale=1):
    """Pixels in [0, 1], `[height * scale, width * scale, 3]`, float32."""
    height, width = scene.height * scale, scene.width * scale
    y, x = np.mgrid[0:height, 0:width].astype(np.float32)
    x, y = (x + 0.5) / scale, (y + 0.5) / scale
    start, end = (np.asarray(c, np.float32) for c in scene.ground)
    if np.array_equal(start, end):
        picture = np.broadcast_to(start, (height, width, 3)).copy()
    else:
        u = (x - scene.width / 2) * np.cos(scene.angle) + (y - scene.height / 2) * np.sin(scene.angle)
        half = (abs(scene.width * np.cos(scene.angle)) + abs(scene.height * np.sin(scene.angle))) / 2
        picture = start + (end - start) * (0.5 + 0.5 * u / half).astype(np.float32)[..., None]
    for shape in scene.shapes:
        top, left, part = coverage(shape, scene, scale)
        rows, cols = slice(top, top + part.shape[0]), slice(left, left + part.shape[1])
        picture[rows, cols] += part[..., None] * (np.asarray(shape.rgb, np.float32) - picture[rows, cols])
    return picture


def coverage(shape, scene, scale=1):
    """How much of each pixel the shape covers: top, left and a float32 window around it."""
    reach = 1.2 * shape.radius + 1.5 / scale
    left, right = (int(np.clip((shape.x + d) * scale, 0, scene.width * scale)) for d in (-reach, reach + 1 / scale))
    top, bottom = (int(np.clip((shape.y + d) * scale, 0, scene.height * scale)) for d in (-reach, reach + 1 / scale))
    y, x = np.mgrid[top:bottom, left:right].astype(np.float32)
    x, y = (x + 0.5) / scale - shape.x, (y + 0.5) / scale - shape.y
    return top, left, np.clip(0.5 - scale * distance(shape.kind, x, y, shape.radius), 0.0, 1.0).astype(np.float32)


def distance(kind, x, y, r):
    """Signed distance from the outline, negative inside."""
    if kind == "circle":
        return np.hypot(x, y) - r
    if kind == "ring":
        return np.abs(np.hypot(x, y) - 0.77 * r) - 0.23 * r
    if kind == "square":
        dx, dy = np.abs(x) - 0.84 * r, np.abs(y) - 0.84 * r
        return np.hypot(np.maximum(dx, 0), np.maximum(dy, 0)) + np.minimum(np.maximum(dx, dy), 0)
    return _polygon(x, y, _corners(kind) * r)


def _corners(kind):
    if kind == "triangle":
        angles, radii = np.array([-90, 30, 150]), np.full(3, 1.12)
    else:
        angles, radii = -90 + 36 * np.arange(10), np.where(np.arange(10) % 2 == 0, 1.12, 0.5)
    angles = np.deg2rad(angles)
    corners = np.stack([np.cos(angles) * radii, np.sin(angles) * radii], 1).astype(np.float32)
    return corners + np.array([0, 0.16 if kind == "triangle" else 0.04], np.float32)


def _polygon(x, y, corners):
    """Source: Inigo Quilez, "2D distance functions", polygon."""
    nearest = np.full(x.shape, np.inf, np.float32)
    sign = np.ones(x.shape, np.float32)
    for (ax, ay), (bx, by) in zip(corners, np.roll(corners, 1, axis=0)):
        ex, ey, wx, wy = bx - ax, by - ay, x - ax, y - ay
        t = np.clip((wx * ex + wy * ey) / (ex * ex + ey * ey), 0, 1)
        nearest = np.minimum(nearest, (wx - t * ex) ** 2 + (wy - t * ey) ** 2)
        above, below, left = y >= ay, y < by, ex * wy > ey * wx
        sign[(above & below & left) | ~(above | below | left)] *= -1
    return sign * np.sqrt(nearest)


def kind_map(scene, cell):
    """Share of each `cell` x `cell` block covered by each kind: `[rows, columns, 5]`."""
    out = np.zeros((len(SHAPES), scene.height, scene.width), np.float32)
    for shape in scene.shapes:
        top, left, part = coverage(shape, scene)
        out[SHAPES.index(shape.kind), top : top + part.shape[0], left : left + part.shape[1]] += part
    blocks = out.reshape(len(SHAPES), scene.height // cell, cell, scene.width // cell, cell)
    return blocks.mean((2, 4)).transpose(1, 2, 0)
