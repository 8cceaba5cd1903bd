"""What animals, instruments, tools, materials and other things look like: the words by which they are shown."""

SIGNS = """
dog puppy: bark leash paw wag tail kennel bone retriever terrier poodle collie dachshund labrador shepherd beagle
cat kitten: purr whisker paw meow claw tabby siamese mouse tail
horse pony: mane hoof saddle gallop neigh stable rein foal
cow bull cattle: udder milk horn moo calf herd
pig: snout sty curly mud
sheep lamb: wool flock bleat
goat: horn beard
chicken hen rooster: feather egg beak comb cluck
duck goose swan: pond quack beak web bill
bird: wing beak feather nest sparrow pigeon gull crow robin swallow eagle owl parrot tit perch chirp stork heron fly
fish: fin scale gill aquarium tank tail salmon trout carp shark
elephant: trunk tusk ear
lion: mane roar
tiger: stripe
zebra: stripe black white
giraffe: neck long spot
monkey ape: tree banana swing tail
bear: fur claw honey
rabbit hare: ear hop carrot
mouse rat: cheese tail hole squeak whisker
squirrel: nut tail acorn tree
fox: red bushy tail
frog toad: pond jump green croak
snake: coil scale tongue slither hiss
turtle tortoise: shell slow
spider: web leg eight thread hairy
bee wasp: hive honey sting buzz flower stripe
butterfly: wing flower flutter caterpillar cocoon
dolphin whale: fin sea jump blowhole
penguin: ice flipper black white
piano keyboard: key pedal bench black white
guitar: string pluck fret strum chord neck six
violin fiddle: bow string chin
cello: bow string knee
drum: stick beat cymbal skin
trumpet: brass valve blow
flute: blow hole mouth silver
saxophone: brass reed blow
accordion: squeeze bellows key
harp: string pluck
hammer: nail handle head drive knock
saw: teeth wood blade sawdust cut
drill: hole bit wall
screwdriver: screw turn handle
wrench spanner: bolt nut
axe: chop log wood
knife: blade cut slice
scissors: cut blade paper snip
sandpaper: rub grain smooth rough abrasive sheet dust sand
plane: shaving curl wood
chisel: slot carve
brush: bristle paint
rake: leaf tine
shovel spade: dig soil
broom: sweep bristle
ladder: rung climb step
needle: thread sew
ruler tape measure: centimeter length
magnifying glass: lens handle enlarge
microscope: lens slide
telescope: star lens tube
camera: lens flash shutter
computer laptop: keyboard screen mouse key monitor
phone telephone: ring ear call screen dial
television: screen remote channel
lamp light bulb: glow shade switch bright
clock: hand tick dial
mirror: reflect face reflection glass
key: lock door ring
umbrella: rain open handle
bag backpack suitcase: strap zip shoulder handle wheel
wallet purse: money card note coin leather
money cash: note coin bill bank wallet dollar euro banknote count roll
book: page cover read spine
flower: petal bouquet rose tulip daisy vase stem blossom bloom sunflower
tree: trunk branch leaf bark crown oak maple pine root birch
leaf: tree green branch
grass lawn: green mow blade
bread: loaf slice crust toast
cake: candle slice icing layer cream frosting
cheese: slice hole wheel
egg: shell yolk boil crack hen
milk: glass carton white cow
soup: bowl spoon ladle
salad: lettuce tomato cucumber bowl dressing
pizza: slice crust cheese tomato box
pasta spaghetti: noodle fork sauce
rice: grain bowl
meat: steak grill roast
ice cream: cone scoop wafer melt lick
chocolate: brown bar sweet
tea: kettle pot cup bag
wine: bottle glass cork grape
beer: foam glass mug barrel
juice: orange glass squeeze
apple: core red fruit stem
banana: peel yellow
orange: peel fruit
strawberry: red seed
carrot: orange root
potato: peel fry chip
pancake: batter pan flip syrup
baking powder: tin flour
flour: white powder sift sieve
sugar: sweet white spoon cube
salt: shaker white grain
butter: spread knife
fruit: apple pear banana orange grape cherry plum peach strawberry lemon melon mango
vegetable: carrot tomato onion pepper cabbage potato cucumber leek lettuce bean pea broccoli
car automobile: wheel tyre bonnet driver saloon taxi van sedan bumper hatchback
wheel tyre tire: rim spoke hub roll brake rubber
bus: stop driver passenger
truck lorry: load trailer cargo
train: rail track coach locomotive platform
plane aircraft: wing runway propeller cockpit jet
helicopter: rotor blade
boat ship: oar sail hull mast deck water captain
bicycle bike: pedal handlebar saddle spoke chain helmet
motorcycle scooter: helmet engine handlebar
tram: rail stop wire
rocket: launch flame pad booster countdown space
balloon: float string air helium rubber
kite: string wind tail fly
ball: round bounce kick throw roll
doll toy: dress plush teddy block
robot: metal arm machine antenna silver button figure
ring jewelry: finger gold diamond jewel
hat cap: head brim
glasses spectacles: lens frame nose rim sunglasses
coat jacket: sleeve zip button
shoe boot: lace sole heel foot
dress: skirt sleeve
helmet: head chin strap
mask: face nose mouth
wood: plank grain board oak pine log plank trunk timber beam slat knot sawdust carpenter
stone rock: block granite marble boulder arch mason moss brick cobble pebble
metal steel iron: rivet bolt weld shiny rust girder beam cable chrome wire magnet silver
glass: transparent pane shard see clear shatter window crystal
plastic: bottle bag flexible
paper cardboard: sheet fold tear page
fabric cloth cotton wool: thread weave soft stitch yarn fold
leather: brown hide strap
brick: wall red mortar row
clay ceramic: pot kiln vase glaze wheel
rubber: bounce stretch tyre
gold: shiny ring yellow
ice: cold cube melt freeze
sand: beach dune grain
plant: leaf pot soil green root
rope: knot coil strand tie
alarm: ring siren bell flash loud red
bell doorbell: ring chime button
watch: strap wrist hand dial crown tweezers tick wheel
battery: charge plug cable
wire cable: socket plug cord
door: handle hinge knob open lock
stairs: step climb rail
elevator lift: button door floor shaft
chair: seat leg backrest
table desk: leg top surface
sofa couch: cushion armrest
bed: pillow mattress sheet
basket: wicker handle
box: lid cardboard carton flap
bottle: cork neck cap
cup mug: handle saucer coffee tea
stick: branch wood twig
valve: flow water flap open shut
pump: lever piston water handle
mountain bike: pedal
crescent: thin sickle moon narrow bright
dragon: scale wing tail flame fire spike
moon: night crescent round
star: night sky
shadow: dark sun ground
smoke: grey chimney rise
blood: red wound
heart: beat pump chest
brain: head skull
bone skeleton: skull rib white
lung: breathe chest air
tooth: dentist mouth
eye: pupil lid
magnet: pole iron attract
circuit: battery wire bulb switch
acid: red litmus
triangle: side three corner angle
square: side four corner equal
circle: round radius
arrow: point direction
flag: pole wave stripe
statue sculpture: pedestal bronze marble
map: route north
toothbrush: teeth paste
soap: foam wash
towel: dry wrap
"""
